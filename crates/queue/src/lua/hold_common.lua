-- Between common.lua and the scripts that open or remove holds. An item about an attribute has the owner ''.

-- Returns 0, and changes nothing, if there is one of this id, open or closed.
local function open_hold(id, owner, document)
  if redis.call('HSETNX', P .. ':holds', id, document) == 0 then return 0 end
  redis.call('HSET', P .. ':holds:owner', id, owner)
  redis.call('ZADD', P .. ':holds:open', int(NOW), id)
  if owner ~= '' then redis.call('ZADD', P .. ':holds:of:' .. owner, int(NOW), id) end
  return 1
end

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
