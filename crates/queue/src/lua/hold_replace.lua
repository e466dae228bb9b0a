-- ARGV: id, expected document, document, open or closed, most closed ones kept, retention ms.
-- Returns 0 if the document is another.
if redis.call('HGET', P .. ':holds', ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', P .. ':holds', ARGV[1], ARGV[3])
if ARGV[4] == 'open' then
  redis.call('ZREM', P .. ':holds:closed', ARGV[1])
  redis.call('ZADD', P .. ':holds:open', 'NX', int(NOW), ARGV[1])
else
  redis.call('ZREM', P .. ':holds:open', ARGV[1])
  redis.call('ZADD', P .. ':holds:closed', int(NOW), ARGV[1])
  trim_holds(tonumber(ARGV[5]), tonumber(ARGV[6]))
end
return 1
