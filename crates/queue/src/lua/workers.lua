-- Returns per worker: name, ms, info.
local out, found = {}, redis.call('ZREVRANGEBYSCORE', P .. ':workers', '+inf', int(NOW - 3600000), 'WITHSCORES',
  'LIMIT', 0, 1000)
for i = 1, #found, 2 do
  out[#out + 1] = { found[i], found[i + 1], redis.call('HGET', P .. ':workers:info', found[i]) or '' }
end
return out
