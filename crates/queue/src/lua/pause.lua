-- ARGV: by, reason (both as JSON strings). Returns what is stored.
local document = '{"by":' .. ARGV[1] .. ',"reason":' .. ARGV[2] .. ',"at_ms":' .. int(NOW) .. '}'
redis.call('SET', P .. ':paused', document)
return document
