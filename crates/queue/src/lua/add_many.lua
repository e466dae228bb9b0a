-- ARGV: per key 6 of: key, line, trigger, look or '', 'now', 'after' or 'at', ms.
for i = 1, #ARGV, 6 do
  local at = tonumber(ARGV[i + 5])
  if ARGV[i + 4] == 'now' then
    put(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], NOW)
  else
    if ARGV[i + 4] == 'after' then at = NOW + at end
    delay(ARGV[i], at, ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
  end
end
wake()
return 1
