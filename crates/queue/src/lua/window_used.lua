-- ARGV: kind.
return redis.call('ZCOUNT', P .. ':window:' .. ARGV[1], '(' .. int(NOW - 86400000), '+inf')
