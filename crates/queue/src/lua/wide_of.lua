-- ARGV: person. Returns, per live item that lists the person: id, document, row.
local out = {}
for _, id in ipairs(redis.call('HKEYS', P .. ':holds:wide:live')) do
  local row = redis.call('HGET', P .. ':holds:wide:' .. id, ARGV[1])
  local document = row and redis.call('HGET', P .. ':holds', id)
  if document then out[#out + 1] = { id, document, row } end
end
return out
