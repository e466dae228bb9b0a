-- The beginning of every script. KEYS[1] is the prefix with its hash tag, `{deelsync}`; all keys are made of it, so that
-- they live in one slot of a Cluster. docs/redis.md describes the keys.
local P = KEYS[1]

-- Lua prints large numbers as 1.7e+12, and Redis keeps what is printed.
local function int(n) return string.format('%.0f', n) end

local TIME = redis.call('TIME')
local NOW = TIME[1] * 1000 + math.floor(TIME[2] / 1000)
local LINES = { 'urgent', 'events', 'bulk' }
-- The lines that this script has put work into.
local touched = {}

local function jobkey(k) return P .. ':job:' .. k end

-- A job that waits and about which nothing else is to be said has no hash of its own: all that there is, is one field of
-- this one, `trigger|look`, and its place in a line. That is what nearly every webhook makes, and it costs a third.
local FRESH = P .. ':fresh'

-- A command on it; what somebody has put in its place goes.
local function fresh_call(command, ...)
  local r = redis.pcall(command, FRESH, ...)
  if type(r) == 'table' and r.err then
    if string.find(r.err, 'WRONGTYPE', 1, true) then redis.call('DEL', FRESH) end
    return redis.call(command, FRESH, ...)
  end
  return r
end

-- At the end of a script: one token per line that got work and has none yet. A worker sleeps on these lists; it takes
-- the token, and leaves another if it leaves work.
local function wake()
  for line in pairs(touched) do
    local list = P .. ':wake:' .. line
    if redis.call('LLEN', list) == 0 then redis.call('LPUSH', list, '1') end
  end
end
