-- ARGV: person, ms to keep, then fields and documents in turn. In one step: what is written has an end.
local key = P .. ':written:' .. ARGV[1]
for i = 3, #ARGV, 2 do redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', key, ARGV[2])
