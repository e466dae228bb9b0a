-- Further ARGV: class, waiter, who no longer waits.
redis.call('ZREM', B .. ':waiting:' .. ARGV[4], ARGV[5])
redis.call('HDEL', B .. ':alive', ARGV[5])
return 1
