-- ARGV: 1 if a genuine webhook was accepted lately; how many were refused for a wrong signature. What was refused is counted
-- since the latest accepted one, and anew after a day without any.
local key = P .. ':ingress'
if ARGV[1] == '1' then
  redis.call('HSET', key, 'accepted', int(NOW))
  redis.call('HDEL', key, 'refused', 'refused_first', 'refused_last')
elseif ARGV[2] ~= '0' then
  local last = tonumber(redis.call('HGET', key, 'refused_last') or nil)
  if last and last + 86400000 < NOW then redis.call('HDEL', key, 'refused', 'refused_first') end
  redis.call('HINCRBY', key, 'refused', ARGV[2])
  redis.call('HSETNX', key, 'refused_first', int(NOW))
  redis.call('HSET', key, 'refused_last', int(NOW))
end
return 1
