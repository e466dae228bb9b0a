-- ARGV: most closed ones kept, retention ms.
trim_holds(tonumber(ARGV[1]), tonumber(ARGV[2]))
return 1
