-- ARGV: vendor, key and fence of a lease. A long run that has met a vendor that is away. Returns how many ms it has to
-- wait before it asks again; 0: now, and if the vendor is away, as the one that tries.
local vendor, k, fence = ARGV[1], ARGV[2], ARGV[3]
local state, until_ms = breaker(vendor)
if state == 'closed' then return 0 end
if state == 'due' then
  let_through(vendor, k, fence)
  return 0
end
-- Its own try may have come to nothing, for instance because of the other vendor.
local f = breaker_fields(vendor, 'probe', 'fence', 'asked')
if f[1] == k and f[2] == fence then
  if NOW - (tonumber(f[3] or nil) or 0) < 5000 then return 500 end
  let_through(vendor, k, fence)
  return 0
end
return math.max(1, until_ms - NOW)
