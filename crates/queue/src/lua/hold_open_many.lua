-- ARGV: per hold its id, person, document. Returns 1 for each that is new, 0 where there is one of this id.
local out = {}
for i = 1, #ARGV, 3 do
  local new = redis.call('HSETNX', P .. ':holds', ARGV[i], ARGV[i + 2])
  if new == 1 then
    redis.call('HSET', P .. ':holds:owner', ARGV[i], ARGV[i + 1])
    redis.call('ZADD', P .. ':holds:open', int(NOW), ARGV[i])
    redis.call('ZADD', P .. ':holds:of:' .. ARGV[i + 1], int(NOW), ARGV[i])
  end
  out[#out + 1] = new
end
return out
