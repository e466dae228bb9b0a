-- ARGV: lease ms, key, fence. Before a write. Returns 0: go on (renewed), 1: lost, 2: paused.
local f = redis.pcall('HMGET', jobkey(ARGV[2]), 'state', 'fence')
if f.err or f[1] ~= 'leased' or f[2] ~= ARGV[3] then return 1 end
redis.call('ZADD', P .. ':leases', int(NOW + tonumber(ARGV[1])), ARGV[2])
if redis.call('EXISTS', P .. ':paused') == 1 then return 2 end
return 0
