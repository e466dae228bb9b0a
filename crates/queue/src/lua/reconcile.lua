-- ARGV: trigger, ms between reconciles.
local asked = request_reconcile(ARGV[1], tonumber(ARGV[2]))
wake()
return asked
