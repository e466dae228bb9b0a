-- ARGV: name, info. Those without a sign of life for an hour are forgotten.
redis.call('ZADD', P .. ':workers', int(NOW), ARGV[1])
redis.call('HSET', P .. ':workers:info', ARGV[1], ARGV[2])
for _, name in ipairs(redis.call('ZRANGEBYSCORE', P .. ':workers', '-inf', int(NOW - 3600000), 'LIMIT', 0, 100)) do
  redis.call('ZREM', P .. ':workers', name)
  redis.call('HDEL', P .. ':workers:info', name)
end
return 1
