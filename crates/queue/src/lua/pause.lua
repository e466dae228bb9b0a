-- ARGV: by, reason (both as JSON strings). Returns what is stored. A second pause keeps the first's time, and without a
-- reason of its own everything else of it.
local at, before = NOW, redis.call('GET', P .. ':paused')
if before then
  if ARGV[2] == '""' then return before end
  local ok, old = pcall(cjson.decode, before)
  if ok and type(old) == 'table' and tonumber(old.at_ms) then at = tonumber(old.at_ms) end
end
local document = '{"by":' .. ARGV[1] .. ',"reason":' .. ARGV[2] .. ',"at_ms":' .. int(at) .. '}'
redis.call('SET', P .. ':paused', document)
return document
