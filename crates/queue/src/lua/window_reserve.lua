-- ARGV: kind, member, max or -1 (no limit), ms or '' (now). Returns 0: no room in 24 hours, 1: the member had a place,
-- else it has got one, and that is its time: only as long as it has that time it can be released.
local set, day = P .. ':window:' .. ARGV[1], 86400000
redis.call('ZREMRANGEBYSCORE', set, '-inf', int(NOW - day))
local have, max = tonumber(redis.call('ZSCORE', set, ARGV[2])), tonumber(ARGV[3])
if max >= 0 and not have and redis.call('ZCARD', set) >= max then return 0 end
local at = tonumber(ARGV[4]) or NOW
if at <= NOW - day then return 1 end
-- Whoever comes upon a place may use it: a millisecond more, and it is not the first one's to release.
if have then at = math.max(have + 1, max < 0 and at or 0) end
redis.call('ZADD', set, int(at), ARGV[2])
redis.call('PEXPIRE', set, day + 3600000)
return have and 1 or at
