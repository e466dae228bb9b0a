-- ARGV: key, worker, lease ms, trigger, max attempts, line. Returns nothing, or: fence, attempt, look, accepted, line,
-- trigger, whether there was a job. Who waits in a more urgent line keeps it, and what asked for it.
local k, lease = ARGV[1], tonumber(ARGV[3])
local held = redis.call('ZSCORE', P .. ':leases', k)
if held then
  if tonumber(held) > NOW then return false end
  expire(k, tonumber(ARGV[5]))
end
local j = read(k) or {}
local took = j.state and 1 or 0
if j.state == 'dead' then j.attempts, j.accepted = nil, nil end
local line, trigger = ARGV[6], ARGV[4]
if j.state == 'waiting' and j.trigger and (RANK[j.line] or 2) < RANK[line] then line, trigger = j.line, j.trigger end
for _, set in ipairs({ ':waiting:urgent', ':waiting:events', ':waiting:bulk', ':delayed', ':dead' }) do
  redis.call('ZREM', P .. set, k)
end
unlease(j)
if j.sched then j.look = least(j.look, set_aside(j)) end
j.state, j.line, j.trigger, j.worker = 'leased', line, trigger, ARGV[2]
j.fence, j.since = int(fences(1) + 1), int(NOW)
j.attempts = (tonumber(j.attempts) or 0) + 1
j.accepted = j.accepted or int(NOW)
j.error, j.died = nil, nil
save(k, j)
redis.call('ZADD', P .. ':leases', int(NOW + lease), k)
return { j.fence, j.attempts, j.look and int(j.look) or '', j.accepted, line, trigger, took }
