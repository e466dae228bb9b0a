-- ARGV: lease ms, then per lease its key and fence. Returns the places (from 0) of those that are lost.
local until_ms, lost = int(NOW + tonumber(ARGV[1])), {}
for i = 2, #ARGV, 2 do
  local f = redis.pcall('HMGET', jobkey(ARGV[i]), 'state', 'fence')
  if not f.err and f[1] == 'leased' and f[2] == ARGV[i + 1] then
    redis.call('ZADD', P .. ':leases', until_ms, ARGV[i])
  else
    lost[#lost + 1] = (i - 2) / 2
  end
end
return lost
