-- ARGV: key. Returns nothing, or: state, score, fields.
local k = ARGV[1]
local fields = fields_of(k)
for _, s in ipairs({ { 'leased', ':leases' }, { 'waiting', ':waiting:urgent' }, { 'waiting', ':waiting:events' },
  { 'waiting', ':waiting:bulk' }, { 'dead', ':dead' }, { 'delayed', ':delayed' } }) do
  local score = redis.call('ZSCORE', P .. s[2], k)
  if score then return { s[1], score, fields } end
end
return false
