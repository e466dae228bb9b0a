-- ARGV: dead max, retention ms. What a quiet queue would not trim by itself.
trim_dead(tonumber(ARGV[1]), tonumber(ARGV[2]))
return 1
