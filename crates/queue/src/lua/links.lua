-- ARGV: links or links:deleted, then persons and accounts in turn. Whoever is put into one of the two leaves the other.
local into, other = P .. ':links', P .. ':links:deleted'
if ARGV[1] ~= 'links' then into, other = other, into end
for i = 2, #ARGV, 2 do
  redis.call('HSET', into, ARGV[i], ARGV[i + 1])
  redis.call('HDEL', other, ARGV[i])
end
