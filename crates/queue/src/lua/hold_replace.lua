-- ARGV: id, expected document, document, open or closed, most closed ones kept, retention ms; of an item about an
-- attribute: the attribute to seal it for (or ''), and 'empty' to do it only if it lists nobody.
-- Returns 0 if the document is another.
if redis.call('HGET', P .. ':holds', ARGV[1]) ~= ARGV[2] then return 0 end
if ARGV[8] == 'empty' and redis.call('HLEN', P .. ':holds:wide:' .. ARGV[1]) > 0 then return 0 end
redis.call('HSET', P .. ':holds', ARGV[1], ARGV[3])
if ARGV[7] and ARGV[7] ~= '' and redis.call('HGET', P .. ':holds:wide', ARGV[7]) == ARGV[1] then
  redis.call('HDEL', P .. ':holds:wide', ARGV[7])
end
if ARGV[4] == 'open' then
  redis.call('ZREM', P .. ':holds:closed', ARGV[1])
  redis.call('ZADD', P .. ':holds:open', 'NX', int(NOW), ARGV[1])
else
  redis.call('HDEL', P .. ':holds:wide:live', ARGV[1])
  redis.call('ZREM', P .. ':holds:open', ARGV[1])
  redis.call('ZADD', P .. ':holds:closed', int(NOW), ARGV[1])
  trim_holds(tonumber(ARGV[5]), tonumber(ARGV[6]))
end
return 1
