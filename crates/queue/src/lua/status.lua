-- Depths and ages, at constant cost.
local out, oldest = {}, nil
for _, line in ipairs(LINES) do
  out[#out + 1] = redis.call('ZCARD', P .. ':waiting:' .. line)
  local head = redis.call('ZRANGE', P .. ':waiting:' .. line, 0, 0, 'WITHSCORES')
  if head[2] then oldest = least(oldest, head[2]) end
end
return {
  out[1], out[2], out[3], oldest and math.max(0, NOW - oldest) or -1,
  redis.call('ZCARD', P .. ':delayed'), redis.call('ZCOUNT', P .. ':delayed', '-inf', int(NOW)),
  redis.call('ZCARD', P .. ':leases'), redis.call('ZCARD', P .. ':dead'), redis.call('ZCARD', P .. ':holds:open'),
  redis.call('GET', P .. ':paused'), int(NOW),
}
