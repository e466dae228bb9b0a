-- ARGV: key. A dead or delayed job waits again, its attempts counted anew. Returns whether it was either.
local k = ARGV[1]
local was = redis.call('ZREM', P .. ':dead', k) + redis.call('ZREM', P .. ':delayed', k)
if was == 0 then return 0 end
local j = read(k) or { trigger = 'operator:retry' }
j.attempts, j.free, j.error, j.died = nil, nil, nil, nil
j.line, j.trigger = j.line or j.sched_line or 'events', j.trigger or j.sched_trigger
to_waiting(k, j)
wake()
return 1
