-- Between common.lua and the budget scripts. ARGV: vendor, limit per second (0: off), 1 if it adapts to 429.
local B = P .. ':budget:' .. ARGV[1]
local limit, adapts = tonumber(ARGV[2]), ARGV[3] == '1'
local CLASSES = { 'urgent', 'events', 'bulk' }
local DAY = 86400000

-- What is allowed at the moment: after a 429 less than the limit, and a tenth more for each quiet ten seconds.
local function effective()
  if limit <= 0 or not adapts then return limit end
  local f = redis.call('HMGET', B .. ':state', 'effective', 'changed')
  local now, changed = tonumber(f[1] or nil), tonumber(f[2] or nil) or NOW
  if not now or now >= limit then return limit end
  local steps = math.floor((NOW - changed) / 10000)
  if steps < 1 then return now end
  now = now + steps * math.max(limit / 10, 0.1)
  if now >= limit then
    redis.call('HDEL', B .. ':state', 'effective', 'changed')
    return limit
  end
  redis.call('HSET', B .. ':state', 'effective', tostring(now), 'changed', int(changed + steps * 10000))
  return now
end

-- `n` requests per window. The window is a tenth longer than a second: the requests leave a little after the grants,
-- and not all equally late, and still no second may see more than the limit.
local function window(rate)
  local n = math.max(1, math.floor(rate))
  return n, 1100000 * math.max(1, n / rate)
end

local function micros()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end
