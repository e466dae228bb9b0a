-- ARGV: key, worker, lease ms, trigger, max attempts. Returns nothing, or: fence, attempt, look, accepted.
local k, lease = ARGV[1], tonumber(ARGV[3])
local held = redis.call('ZSCORE', P .. ':leases', k)
if held then
  if tonumber(held) > NOW then return false end
  expire(k, tonumber(ARGV[5]))
end
local j = read(k) or {}
if j.state == 'dead' then j.attempts, j.accepted = nil, nil end
for _, set in ipairs({ ':waiting:urgent', ':waiting:events', ':waiting:bulk', ':delayed', ':dead' }) do
  redis.call('ZREM', P .. set, k)
end
unlease(j)
if j.sched then
  if tonumber(j.sched) > NOW then
    j.kept, j.kept_line, j.kept_trigger, j.kept_look = j.sched, j.sched_line, j.sched_trigger, j.sched_look
  else
    j.look = least(j.look, j.sched_look)
  end
  j.sched, j.sched_line, j.sched_trigger, j.sched_look = nil, nil, nil, nil
end
j.state, j.line, j.trigger, j.worker = 'leased', 'urgent', ARGV[4], ARGV[2]
j.fence, j.since = int(fences(1) + 1), int(NOW)
j.attempts = (tonumber(j.attempts) or 0) + 1
j.accepted = j.accepted or int(NOW)
j.error, j.died = nil, nil
save(k, j)
redis.call('ZADD', P .. ':leases', int(NOW + lease), k)
return { j.fence, j.attempts, j.look and int(j.look) or '', j.accepted }
