-- ARGV: key. Forgets a job that is not being run. Returns whether there was one.
local k = ARGV[1]
if redis.call('ZSCORE', P .. ':leases', k) then return 0 end
local was = 0
for _, set in ipairs({ ':waiting:urgent', ':waiting:events', ':waiting:bulk', ':delayed', ':dead' }) do
  was = was + redis.call('ZREM', P .. set, k)
end
if was > 0 then
  redis.call('DEL', jobkey(k))
  fresh_call('HDEL', k)
end
return was > 0 and 1 or 0
