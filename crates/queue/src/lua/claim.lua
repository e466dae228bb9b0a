-- ARGV: worker, lease ms, most in all, most of urgent, of events, of bulk, max attempts.
-- Returns: now, paused, ms until something else is due (-1: nothing), what is left per line, and per claimed key:
--   key, fence, attempt, line, trigger, look, accepted.
local worker, lease, total, max_attempts = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[7])
if redis.call('EXISTS', P .. ':paused') == 1 then return { int(NOW), 1, -1, { 0, 0, 0 }, {} } end

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

-- Urgent keys may use every place; some are kept free of events, more of bulk, so that the urgent never queue behind.
local jobs, leases, others = {}, {}, tonumber(ARGV[5])
for i, line in ipairs({ 'urgent', 'events', 'bulk' }) do
  local n = math.min(total, tonumber(ARGV[3 + i]))
  if line == 'bulk' then n = math.min(n, others) end
  local popped = n > 0 and redis.call('ZPOPMIN', P .. ':waiting:' .. line, n) or {}
  local fence = #popped > 0 and fences(#popped / 2) or 0
  for p = 1, #popped, 2 do
    local k = popped[p]
    local job = jobkey(k)
    local f = redis.pcall('HMGET', job, 'trigger', 'look', 'accepted', 'attempts', 'sched')
    if f.err then
      redis.call('DEL', job)
      f = {}
    end
    fence = fence + 1
    local attempt = (tonumber(f[4] or nil) or 0) + 1
    if f[5] then
      -- An arranged time that has come is served by this run; one to come is set aside until its verdict.
      local j = read(k)
      if tonumber(j.sched) > NOW then
        j.kept, j.kept_line, j.kept_trigger, j.kept_look = j.sched, j.sched_line, j.sched_trigger, j.sched_look
      else
        j.look = least(j.look, j.sched_look)
        f[2] = j.look and int(j.look)
      end
      j.sched, j.sched_line, j.sched_trigger, j.sched_look = nil, nil, nil, nil
      save(k, j)
    end
    local accepted = f[3] or popped[p + 1]
    redis.call('HSET', job, 'state', 'leased', 'fence', int(fence), 'worker', worker, 'since', int(NOW), 'attempts',
      int(attempt), 'line', line, 'accepted', accepted)
    leases[#leases + 1] = int(NOW + lease)
    leases[#leases + 1] = k
    jobs[#jobs + 1] = { k, int(fence), attempt, line, f[1] or 'unknown', f[2] or '', accepted }
  end
  total = total - #popped / 2
  if line ~= 'urgent' then others = others - #popped / 2 end
end
if #leases > 0 then redis.call('ZADD', P .. ':leases', unpack(leases)) end

local left = {}
for i, line in ipairs({ 'urgent', 'events', 'bulk' }) do
  left[i] = redis.call('EXISTS', P .. ':waiting:' .. line)
  if left[i] == 1 then touched[line] = true end
end
wake()

local next_at
for _, set in ipairs({ ':delayed', ':leases' }) do
  local head = redis.call('ZRANGE', P .. set, 0, 0, 'WITHSCORES')
  if head[2] then next_at = least(next_at, head[2]) end
end
return { int(NOW), 0, next_at and math.max(0, next_at - NOW) or -1, left, jobs }
