-- ARGV: 'ids', id… | 'person', person | 'open' or 'closed', offset, limit.
-- Returns the total, and per hold: nothing, or its id, person, 1 if open, ms, document.
local ids, total = {}, 0
if ARGV[1] == 'ids' then
  for i = 2, #ARGV do ids[#ids + 1] = ARGV[i] end
  total = #ids
elseif ARGV[1] == 'person' then
  ids = redis.call('ZREVRANGE', P .. ':holds:of:' .. ARGV[2], 0, 255)
  total = #ids
else
  local set, from = P .. ':holds:' .. ARGV[1], tonumber(ARGV[2])
  total = redis.call('ZCARD', set)
  ids = redis.call(ARGV[1] == 'open' and 'ZRANGE' or 'ZREVRANGE', set, from, from + tonumber(ARGV[3]) - 1)
end
local out = {}
for i, id in ipairs(ids) do
  local document = redis.call('HGET', P .. ':holds', id)
  if document then
    local open = redis.call('ZSCORE', P .. ':holds:open', id)
    local at = open or redis.call('ZSCORE', P .. ':holds:closed', id) or '0'
    out[i] = { id, redis.call('HGET', P .. ':holds:owner', id) or '', open and 1 or 0, at, document }
  else
    out[i] = {}
  end
end
return { total, out }
