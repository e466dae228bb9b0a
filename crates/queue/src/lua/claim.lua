-- ARGV: worker, lease ms, most in all, most of urgent, of events, of bulk, max attempts.
-- Returns: now, paused, ms until something else is due (-1: nothing), what is left per line, and per claimed key:
--   key, fence, attempt, line, trigger, look, accepted; and the fence of the one that is to try a vendor that is away.
local worker, lease, total, max_attempts = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[7])
if redis.call('EXISTS', P .. ':paused') == 1 then return { int(NOW), 1, -1, { 0, 0, 0 }, {}, 0 } end

for _, k in ipairs(redis.call('ZRANGEBYSCORE', P .. ':leases', '-inf', int(NOW), 'LIMIT', 0, 64)) do
  expire(k, max_attempts)
end

local due = redis.call('ZRANGEBYSCORE', P .. ':delayed', '-inf', int(NOW), 'WITHSCORES', 'LIMIT', 0, 128)
for i = 1, #due, 2 do
  local k, at = due[i], due[i + 1]
  redis.call('ZREM', P .. ':delayed', k)
  local j = read(k) or { state = 'delayed', trigger = 'timer' }
  if j.state == 'dead' then
    redis.call('ZREM', P .. ':dead', k)
    j = { state = 'delayed', sched = j.sched, sched_line = j.sched_line, sched_trigger = j.sched_trigger,
      sched_look = j.sched_look }
  end
  if j.state == 'delayed' then
    local sched = tonumber(j.sched)
    if sched and sched <= NOW then
      if urgent_of(j.line, j.sched_line) ~= j.line then j.trigger = j.sched_trigger end
      j.line = urgent_of(j.line, j.sched_line)
      j.look = least(j.look, j.sched_look)
      j.sched, j.sched_line, j.sched_trigger, j.sched_look = nil, nil, nil, nil
    end
    j.accepted = least(j.accepted, at)
    to_waiting(k, j)
  end
end

local jobs, leases = {}, {}

local function lease_one(k, line, fence, trigger, look, accepted, attempt)
  if look then
    redis.call('HSET', jobkey(k), 'state', 'leased', 'fence', fence, 'worker', worker, 'since', int(NOW), 'attempts',
      int(attempt), 'line', line, 'accepted', accepted, 'trigger', trigger, 'look', look)
  else
    redis.call('HSET', jobkey(k), 'state', 'leased', 'fence', fence, 'worker', worker, 'since', int(NOW), 'attempts',
      int(attempt), 'line', line, 'accepted', accepted, 'trigger', trigger)
  end
  leases[#leases + 1] = int(NOW + lease)
  leases[#leases + 1] = k
  jobs[#jobs + 1] = { k, fence, attempt, line, trigger, look or '', accepted }
end

-- One that has a hash of its own, or no details at all.
local function take_known(k, line, fence, value, score)
  local f = redis.pcall('HMGET', jobkey(k), 'trigger', 'look', 'accepted', 'attempts', 'sched')
  if f.err then
    redis.call('DEL', jobkey(k))
    f = {}
  end
  local trigger, look = f[1], f[2]
  if not trigger and value then trigger, look = fresh_parts(value) end
  if f[5] then
    local j = read(k)
    look = least(look or nil, set_aside(j))
    look = look and int(look)
    save(k, j)
  end
  lease_one(k, line, fence, trigger or 'unknown', look, f[3] or score, (tonumber(f[4] or nil) or 0) + 1)
end

local function take(line, popped)
  local keys, hashes = {}, {}
  for p = 1, #popped, 2 do
    keys[#keys + 1] = popped[p]
    hashes[#hashes + 1] = jobkey(popped[p])
  end
  local values, fence = fresh_call('HMGET', unpack(keys)), fences(#keys)
  local none_known, fresh = redis.call('EXISTS', unpack(hashes)) == 0, {}
  for i, k in ipairs(keys) do
    local value, score = values[i], popped[2 * i]
    if value then fresh[#fresh + 1] = k end
    if value and none_known then
      local trigger, look = fresh_parts(value)
      lease_one(k, line, int(fence + i), trigger, look, score, 1)
    else
      take_known(k, line, int(fence + i), value, score)
    end
  end
  if #fresh > 0 then fresh_call('HDEL', unpack(fresh)) end
end

local function next_due(at)
  for _, set in ipairs({ ':delayed', ':leases' }) do
    local head = redis.call('ZRANGE', P .. set, 0, 0, 'WITHSCORES')
    if head[2] then at = least(at, head[2]) end
  end
  return at and math.max(0, at - NOW) or -1
end
