-- Further ARGV: Retry-After in ms, or -1. The vendor answered 429.
local state, after = B .. ':state', tonumber(ARGV[4])
local f = redis.call('HMGET', state, 'blocked', 'last', 'strikes', 'halved')
local blocked, last = tonumber(f[1] or nil) or 0, tonumber(f[2] or nil) or 0
local strikes, halved = tonumber(f[3] or nil) or 0, tonumber(f[4] or nil) or 0
-- Several answers to one burst are one event.
if NOW - last > 60000 then
  strikes = 1
elseif NOW - last > 1000 then
  strikes = strikes + 1
end
if after < 0 then after = math.min(30000, 1000 * 2 ^ math.min(strikes - 1, 10)) end
blocked = math.max(blocked, NOW + math.min(after, 3600000))
-- Once for all that a vendor refuses while it limits: a second 429 soon after the first says nothing new of the rate.
if adapts and limit > 0 and NOW - halved >= 5000 then
  redis.call('HSET', state, 'effective', tostring(math.min(limit, math.max(1, effective() / 2))), 'changed',
    int(blocked), 'halved', int(NOW))
end
redis.call('HSET', state, 'blocked', int(blocked), 'last', int(NOW), 'strikes', int(strikes))
redis.call('PEXPIRE', state, DAY)
return 1
