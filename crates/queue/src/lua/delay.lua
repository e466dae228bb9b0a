-- ARGV: key, line, trigger, look or '', 'after' or 'at', ms.
local at = tonumber(ARGV[6])
if ARGV[5] == 'after' then at = NOW + at end
delay(ARGV[1], at, ARGV[2], ARGV[3], ARGV[4])
wake()
return 1
