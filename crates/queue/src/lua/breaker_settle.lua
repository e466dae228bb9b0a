-- ARGV: fence of a lease that was let through and has ended. If no vendor's answer has said more, the next may try.
for _, vendor in ipairs(VENDORS) do
  local f = breaker_fields(vendor, 'state', 'fence')
  if f[1] == 'probe' and f[2] == ARGV[1] then
    redis.call('HSET', breakerkey(vendor), 'state', 'open', 'until', int(NOW))
    redis.call('HDEL', breakerkey(vendor), 'probe', 'fence', 'probe_until')
  end
end
wake_all()
return 1
