-- ARGV: person, how many. The newest first; what the stream no longer has is left out.
local out = {}
for _, id in ipairs(redis.call('LRANGE', P .. ':audit:of:' .. ARGV[1], 0, tonumber(ARGV[2]) - 1)) do
  local entry = redis.call('XRANGE', P .. ':audit', id, id)
  if entry[1] then out[#out + 1] = entry[1] end
end
return out
