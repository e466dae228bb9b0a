-- ARGV: ms to remember a hash, ms between reconciles, number of deliveries, number of further subjects, then
--   each delivery's hash (the 32 bytes of a SHA-256),
--   what each delivery says: the line's first letter and `trigger|look`,
--   whom each is about: a job's key, `contract:` and an id, `?` (somebody), or '' (nobody),
--   and for each further subject the number of its delivery and whom.
-- Returns one letter per delivery: s(tored), c(oalesced), a(gain), d(uplicate), r(econcile), m (remembered).
--
-- What can be asked or written for all deliveries in one command is: most of the time of this script is commands, and
-- the arguments stand as the commands need them. The hashes are written last: a call that fails before has remembered
-- nothing, and the sender comes again.
local remember, every, count, further = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local HASHES, WHAT, WHOM, MORE = 4, 4 + count, 4 + 2 * count, 4 + 3 * count
local PIECES, MANY = 7, 2000
if count == 0 then return '' end

-- Hashes are kept in sets of a seventh of the time each, so that they go a set at a time.
local piece = math.ceil(remember / PIECES)
local now_piece = math.floor(NOW / piece)
local function set_of(n) return P .. ':seen:' .. int(now_piece - n) end

-- What was seen before: in this batch, and in the sets.
local known, this = {}, {}
for d = 1, count do
  local hash = ARGV[HASHES + d]
  if this[hash] then known[d] = true end
  this[hash] = true
end
local function look_up(name, ...)
  for d, seen in ipairs(redis.call('SMISMEMBER', name, ...)) do
    if seen == 1 then known[d] = true end
  end
end
look_up(set_of(0), unpack(ARGV, HASHES + 1, WHAT))
local earlier = {}
for n = 1, PIECES do earlier[n] = set_of(n) end
if redis.call('EXISTS', unpack(earlier)) > 0 then
  for _, name in ipairs(earlier) do look_up(name, unpack(ARGV, HASHES + 1, WHAT)) end
end

-- The keys that are wanted. Which of them are known, two commands tell.
local keys, jobs, unknown, owner = {}, {}, {}, {}
local function want(d, whom)
  local first = string.byte(whom)
  if first == 99 then -- c
    local id = redis.call('HGET', P .. ':contracts', string.sub(whom, 10))
    whom = id and 'person:' .. id
  end
  if not first then return end
  if first == 63 or not whom then -- ?
    unknown[d] = true
    return
  end
  local n = #keys + 1
  keys[n], jobs[n], owner[n] = whom, jobkey(whom), d
end
for d = 1, count do
  if not known[d] then want(d, ARGV[WHOM + d]) end
end
for i = MORE + 1, MORE + 2 * further, 2 do
  local d = tonumber(ARGV[i])
  if not known[d] then want(d, ARGV[i + 1]) end
end
local waits, one_by_one = {}, #keys > MANY
if #keys > 0 and not one_by_one then
  one_by_one = redis.call('EXISTS', unpack(jobs)) > 0
  if not one_by_one then waits = fresh_call('HMGET', unpack(keys)) end
end

local lines, fresh = { urgent = {}, events = {}, bulk = {} }, {}
local function flush()
  for line, waiting in pairs(lines) do
    if #waiting > 0 then
      redis.call('ZADD', P .. ':waiting:' .. line, unpack(waiting))
      touched[line], lines[line] = true, {}
    end
  end
  if #fresh > 0 then
    fresh_call('HSET', unpack(fresh))
    fresh = {}
  end
end

local NAMES = { u = 'urgent', e = 'events', b = 'bulk' }
local said, at, taken = {}, int(NOW), {}
local function store(n)
  local k, text = keys[n], ARGV[WHAT + owner[n]]
  local what = said[text]
  if not what then
    what = { line = NAMES[string.sub(text, 1, 1)] or 'events', value = string.sub(text, 2) }
    said[text] = what
  end
  if one_by_one or waits[n] or taken[k] then
    -- It may be one of those that are still to be put in line.
    if taken[k] then flush() end
    local trigger, look = fresh_parts(what.value)
    return put(k, what.line, trigger, look or '', NOW)
  end
  taken[k] = true
  local waiting = lines[what.line]
  local end_of_line, end_of_fresh = #waiting, #fresh
  waiting[end_of_line + 1], waiting[end_of_line + 2] = at, k
  fresh[end_of_fresh + 1], fresh[end_of_fresh + 2] = k, what.value
  return 'stored'
end

local LETTER = { remembered = 'm', coalesced = 'c', rerun = 'a', stored = 's' }
local WORTH = { m = 0, c = 1, a = 2, s = 3 }
local out, new = {}, {}
for d = 1, count do out[d] = known[d] and 'd' or 'm' end
for n = 1, #keys do
  local letter, d = LETTER[store(n)], owner[n]
  if WORTH[letter] > WORTH[out[d]] then out[d] = letter end
end
flush()
for d = 1, count do
  if unknown[d] then
    request_reconcile(fresh_parts(string.sub(ARGV[WHAT + d], 2)), every)
    out[d] = 'r'
  end
  if not known[d] then new[#new + 1] = ARGV[HASHES + d] end
end
if #new > 0 then
  redis.call('SADD', set_of(0), unpack(new))
  -- Until its last hash, added at the end of its time, has been kept for as long as promised.
  redis.call('PEXPIREAT', set_of(0), int((now_piece + 1) * piece + remember))
end
wake()
return table.concat(out)
