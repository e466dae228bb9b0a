-- ARGV: kind, member, ms. Removes the member's place if it still has the time with which it was taken.
local set = P .. ':window:' .. ARGV[1]
if tonumber(redis.call('ZSCORE', set, ARGV[2])) ~= tonumber(ARGV[3]) then return 0 end
return redis.call('ZREM', set, ARGV[2])
