-- ARGV: a fresh id. Returns the id that holds, and whether it is the fresh one.
local created = redis.call('SET', P .. ':epoch', ARGV[1], 'NX')
return { redis.call('GET', P .. ':epoch'), created and 1 or 0 }
