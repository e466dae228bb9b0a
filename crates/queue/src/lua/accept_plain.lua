-- Accepting deliveries, the plain part: whoever has no job, or waits in line exactly as is asked for. A few commands do for
-- all of them, since most of the time of a script is commands. Who needs a closer look is left to accept.lua. A call
-- without such ends here, before common.lua, whose functions would cost as much again.
--
-- ARGV: ms to remember a hash, ms between reconciles, number of deliveries, number of further subjects, then
--   each delivery's hash (the 32 bytes of a SHA-256),
--   what each delivery says: the line's first letter and `trigger|look`,
--   whom each is about: a job's key, `contract:` and an id, `?` (somebody), or '' (nobody),
--   and for each further subject the number of its delivery and whom.
-- Returns one letter per delivery: s(tored), c(oalesced), a(gain), d(uplicate), r(econcile), m (remembered).
local remember, every, count, further = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local HASHES, WHAT, WHOM, MORE = 4, 4 + count, 4 + 2 * count, 4 + 3 * count
local NAMES = { u = 'urgent', e = 'events', b = 'bulk' }
if count == 0 then return '' end

-- Hashes are kept in sets of half the time each, so that they go a set at a time. Each earlier one is looked through, too.
local PIECES = 2
local piece = math.ceil(remember / PIECES)
local now_piece = math.floor(NOW / piece)
local function set_of(n) return P .. ':seen:' .. int(now_piece - n) end

-- What was seen before: in this batch, and in the sets.
local known, some_known, this = {}, false, {}
for d = 1, count do
  local hash = ARGV[HASHES + d]
  if this[hash] then known[d], some_known = true, true end
  this[hash] = true
end
local function look_up(name)
  for d, seen in ipairs(redis.call('SMISMEMBER', name, unpack(ARGV, HASHES + 1, WHAT))) do
    if seen == 1 then known[d], some_known = true, true end
  end
end
look_up(set_of(0))
local earlier = {}
for n = 1, PIECES do earlier[n] = set_of(n) end
if redis.call('EXISTS', unpack(earlier)) > 0 then
  for _, name in ipairs(earlier) do look_up(name) end
end

local out, rest = {}, {}
local function leave(d, whom) rest[#rest + 1] = { d, whom } end

local keys, of = {}, {}
for d = 1, count do
  out[d] = 'm'
  if known[d] then
    out[d] = 'd'
  else
    local whom = ARGV[WHOM + d]
    local first = string.byte(whom)
    if first == 112 then -- p
      keys[#keys + 1], of[#of + 1] = whom, d
    elseif first then
      leave(d, whom)
    end
  end
end

-- Two commands tell who waits without a hash, and whether anybody else has one.
local waits = #keys > 0 and fresh_call('HMGET', unpack(keys)) or {}
local jobs = {}
for n, k in ipairs(keys) do
  if not waits[n] then jobs[#jobs + 1] = jobkey(k) end
end
local none_has_a_hash = #jobs == 0 or redis.call('EXISTS', unpack(jobs)) == 0

-- Most say the same: what is made of a text is made once.
local says, last, what = {}, nil, nil
local function read_text(text)
  last, what = text, says[text]
  if what then return end
  local line = NAMES[string.sub(text, 1, 1)]
  what = says[line] or { line = line, new = {}, waiting = {}, of = {} }
  what = { value = string.sub(text, 2), line = line, new = what.new, waiting = what.waiting, of = what.of }
  says[text], says[line] = what, what
end

local fresh, taken, at = {}, {}, int(NOW)
for n, k in ipairs(keys) do
  local d = of[n]
  local text, value = ARGV[WHAT + d], waits[n]
  if text ~= last then read_text(text) end
  if value then
    if value == what.value then
      local place = #what.of + 1
      what.waiting[place], what.of[place] = k, d
    else
      leave(d, k)
    end
  elseif taken[k] == text then
    out[d] = 'c'
  elseif taken[k] or not none_has_a_hash then
    leave(d, k)
  else
    taken[k], out[d] = text, 's'
    local members, i, j = what.new, #what.new, #fresh
    members[i + 1], members[i + 2] = at, k
    fresh[j + 1], fresh[j + 2] = k, what.value
  end
end

for _, line in ipairs(LINES) do
  local lined = says[line]
  if lined and #lined.of > 0 then
    -- Only who stands in that line waits in it: somebody may have deleted it.
    for n, score in ipairs(redis.call('ZMSCORE', P .. ':waiting:' .. line, unpack(lined.waiting))) do
      if score then out[lined.of[n]] = 'c' else leave(lined.of[n], lined.waiting[n]) end
    end
  end
  if lined and #lined.new > 0 then
    redis.call('ZADD', P .. ':waiting:' .. line, unpack(lined.new))
    touched[line] = true
  end
end
if #fresh > 0 then fresh_call('HSET', unpack(fresh)) end

-- Last of all: a call that fails before has remembered nothing, and the sender comes again.
local function ended()
  if some_known then
    local hashes = {}
    for d = 1, count do
      if not known[d] then hashes[#hashes + 1] = ARGV[HASHES + d] end
    end
    if #hashes > 0 then redis.call('SADD', set_of(0), unpack(hashes)) end
  else
    redis.call('SADD', set_of(0), unpack(ARGV, HASHES + 1, WHAT))
  end
  -- Until its last hash, added at the end of its time, has been kept for as long as promised.
  redis.call('PEXPIREAT', set_of(0), int((now_piece + 1) * piece + remember))
  wake()
  return table.concat(out)
end
if #rest == 0 and further == 0 then return ended() end
