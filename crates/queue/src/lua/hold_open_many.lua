-- ARGV: per hold its id, person, document. Returns 1 for each that is new, 0 where there is one of this id.
local out = {}
for i = 1, #ARGV, 3 do out[#out + 1] = open_hold(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
return out
