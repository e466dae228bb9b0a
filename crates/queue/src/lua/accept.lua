-- ARGV: ms to remember a hash, ms between reconciles, then per delivery:
--   hash, line, trigger, look or '', number of subjects, and per subject its kind (p, c, u) and id.
-- Returns one word per delivery.
--
-- What can be asked or written for all deliveries in one command is: most of the time of this script is commands. The
-- hashes are written last: a call that fails before has remembered nothing, and the sender comes again.
local remember, every = tonumber(ARGV[1]), tonumber(ARGV[2])
local PIECES, MANY = 7, 2000

-- Hashes are kept in sets of a seventh of the time each, so that they go a set at a time.
local piece = math.ceil(remember / PIECES)
local now_piece = math.floor(NOW / piece)
local function seen_set(n) return P .. ':seen:' .. int(now_piece - n) end

local deliveries, hashes, i = {}, {}, 3
while ARGV[i] do
  local count = tonumber(ARGV[i + 4])
  deliveries[#deliveries + 1], hashes[#hashes + 1] = { at = i, count = count }, ARGV[i]
  i = i + 5 + 2 * count
end
if #hashes == 0 then return {} end

local this = {}
for d, hash in ipairs(hashes) do
  deliveries[d].known = this[hash]
  this[hash] = true
end
for n = 0, PIECES do
  local name = seen_set(n)
  if redis.call('EXISTS', name) == 1 then
    for d, known in ipairs(redis.call('SMISMEMBER', name, unpack(hashes))) do
      if known == 1 then deliveries[d].known = true end
    end
  end
end

-- The keys that are wanted. If none of their jobs is there, which one command tells, each is simply new.
local jobs = {}
for _, delivery in ipairs(deliveries) do
  for s = 0, delivery.known and -1 or delivery.count - 1 do
    local at = delivery.at + 5 + 2 * s
    local kind, id = ARGV[at], ARGV[at + 1]
    if kind == 'c' then id = redis.call('HGET', P .. ':contracts', id) end
    if kind == 'u' or not id then
      delivery.unknown = true
    else
      delivery[#delivery + 1] = 'person:' .. id
      jobs[#jobs + 1] = jobkey('person:' .. id)
    end
  end
end
local all_new = #jobs > 0 and #jobs <= MANY and redis.call('EXISTS', unpack(jobs)) == 0

local fresh, lines = {}, { urgent = {}, events = {}, bulk = {} }
local function flush()
  for line, waiting in pairs(lines) do
    if #waiting > 0 then
      redis.call('ZADD', P .. ':waiting:' .. line, unpack(waiting))
      touched[line], lines[line] = true, {}
    end
  end
end

local at = int(NOW)
local function store(k, line, trigger, look)
  if not all_new or fresh[k] then
    -- It may be one of those that are still to be put in line.
    flush()
    return put(k, line, trigger, look, NOW)
  end
  fresh[k] = true
  local job, waiting = jobkey(k), lines[line]
  if look == '' then
    redis.call('HSET', job, 'state', 'waiting', 'line', line, 'trigger', trigger, 'accepted', at)
  else
    redis.call('HSET', job, 'state', 'waiting', 'line', line, 'trigger', trigger, 'accepted', at, 'look', look)
  end
  waiting[#waiting + 1] = at
  waiting[#waiting + 1] = k
  return 'stored'
end

local worth = { remembered = 0, coalesced = 1, rerun = 2, stored = 3 }
local out, new = {}, {}
for d, delivery in ipairs(deliveries) do
  local word = 'remembered'
  if delivery.known then
    word = 'duplicate'
  else
    local line, trigger, look = ARGV[delivery.at + 1], ARGV[delivery.at + 2], ARGV[delivery.at + 3]
    for _, k in ipairs(delivery) do
      local w = store(k, line, trigger, look)
      if worth[w] > worth[word] then word = w end
    end
    if delivery.unknown then
      flush()
      request_reconcile(trigger, every)
      word = 'reconcile'
    end
    new[#new + 1] = hashes[d]
  end
  out[d] = word
end
flush()
if #new > 0 then
  local name = seen_set(0)
  redis.call('SADD', name, unpack(new))
  -- Until its last hash, added at the end of its time, has been kept for as long as promised.
  redis.call('PEXPIREAT', name, int((now_piece + 1) * piece + remember))
end
wake()
return out
