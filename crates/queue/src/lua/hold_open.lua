-- ARGV: id, person, document. Returns 0 if there is one of this id.
if redis.call('HSETNX', P .. ':holds', ARGV[1], ARGV[3]) == 0 then return 0 end
redis.call('HSET', P .. ':holds:owner', ARGV[1], ARGV[2])
redis.call('ZADD', P .. ':holds:open', int(NOW), ARGV[1])
redis.call('ZADD', P .. ':holds:of:' .. ARGV[2], int(NOW), ARGV[1])
return 1
