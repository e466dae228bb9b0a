-- ARGV: waiting, delayed, leased or dead; offset; limit. Returns the total, and per job: key, score, fields.
local state, offset, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local sets = { delayed = { ':delayed' }, leased = { ':leases' }, dead = { ':dead' },
  waiting = { ':waiting:urgent', ':waiting:events', ':waiting:bulk' } }
local total, jobs = 0, {}
for _, set in ipairs(sets[state]) do
  local size = redis.call('ZCARD', P .. set)
  total = total + size
  if offset < size and #jobs < limit then
    local range = state == 'dead' and 'ZREVRANGE' or 'ZRANGE'
    local found = redis.call(range, P .. set, offset, offset + limit - #jobs - 1, 'WITHSCORES')
    for i = 1, #found, 2 do
      jobs[#jobs + 1] = { found[i], found[i + 1], fields_of(found[i]) }
    end
  end
  offset = math.max(0, offset - size)
end
return { total, jobs }
