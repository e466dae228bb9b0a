-- ARGV: kind, member, max or -1 (no limit), ms or '' (now). Returns 0: no room in 24 hours, 1: the member had a place,
-- 2: it has got one.
local set, day = P .. ':window:' .. ARGV[1], 86400000
redis.call('ZREMRANGEBYSCORE', set, '-inf', int(NOW - day))
local have, max = redis.call('ZSCORE', set, ARGV[2]), tonumber(ARGV[3])
if max >= 0 then
  if have then return 1 end
  if redis.call('ZCARD', set) >= max then return 0 end
end
local at = tonumber(ARGV[4]) or NOW
if at <= NOW - day then return 1 end
if have then at = math.max(at, tonumber(have)) end
redis.call('ZADD', set, int(at), ARGV[2])
redis.call('PEXPIRE', set, day + 3600000)
return have and 1 or 2
