-- ARGV: key, line, trigger, look or ''.
local word = put(ARGV[1], ARGV[2], ARGV[3], ARGV[4], NOW)
wake()
return word
