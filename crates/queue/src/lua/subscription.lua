-- ARGV: the document as it was read, or ''; the new one; what asks for everyone to be compared, or ''. In one step, so that a
-- gap is served once, whoever sees its end and whatever crashes.
local key = P .. ':subscription'
if (redis.call('GET', key) or '') ~= ARGV[1] then return 0 end
redis.call('SET', key, ARGV[2])
if ARGV[3] ~= '' then
  put('reconcile', 'events', ARGV[3], '', NOW)
  wake()
end
return 1
