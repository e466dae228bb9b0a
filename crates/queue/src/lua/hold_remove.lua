-- ARGV: id.
return forget_hold(ARGV[1])
