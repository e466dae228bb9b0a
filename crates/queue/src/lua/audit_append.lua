-- ARGV: person or '', document, most entries, retention ms. Returns the entry's id.
local stream = P .. ':audit'
local id = redis.call('XADD', stream, 'MAXLEN', '~', ARGV[3], '*', 'person', ARGV[1], 'json', ARGV[2])
-- Redis before 6.2 cannot trim by age; the number bounds it there.
redis.pcall('XTRIM', stream, 'MINID', '~', int(NOW - tonumber(ARGV[4])))
if ARGV[1] ~= '' then
  local of = P .. ':audit:of:' .. ARGV[1]
  redis.call('LPUSH', of, id)
  redis.call('LTRIM', of, 0, 199)
  redis.call('PEXPIRE', of, ARGV[4])
end
return id
