-- Between common.lua and the scripts that remove holds.
local function forget_hold(id)
  local owner = redis.call('HGET', P .. ':holds:owner', id)
  if owner and owner ~= '' then redis.call('ZREM', P .. ':holds:of:' .. owner, id) end
  redis.call('HDEL', P .. ':holds:owner', id)
  if owner == '' then
    redis.call('HDEL', P .. ':holds:wide:live', id)
    redis.call('UNLINK', P .. ':holds:wide:' .. id)
  end
  redis.call('ZREM', P .. ':holds:open', id)
  redis.call('ZREM', P .. ':holds:closed', id)
  return redis.call('HDEL', P .. ':holds', id)
end

local function trim_holds(max, retention)
  local closed = P .. ':holds:closed'
  local over = redis.call('ZCARD', closed) - max
  if over > 0 then
    for _, id in ipairs(redis.call('ZRANGE', closed, 0, math.min(over, 100) - 1)) do forget_hold(id) end
  end
  local old = redis.call('ZRANGEBYSCORE', closed, '-inf', int(NOW - retention), 'LIMIT', 0, 100)
  for _, id in ipairs(old) do forget_hold(id) end
end
