-- ARGV: name, due ms, key, line, trigger, look or ''. The first call for a name only records.
local due = tonumber(ARGV[2])
local last = tonumber(redis.call('HGET', P .. ':ticks', ARGV[1]) or nil)
if last and due <= last then return 0 end
redis.call('HSET', P .. ':ticks', ARGV[1], int(due))
if not last then return 0 end
put(ARGV[3], ARGV[4], ARGV[5], ARGV[6], NOW)
wake()
return 1
