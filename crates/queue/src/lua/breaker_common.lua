-- Between common.lua and the scripts that ask whether a vendor is away. A vendor that answers has no hash.
local VENDORS = { 'deel', 'jumpcloud' }
-- Who was let through and says nothing for so long blocks nobody any more.
local PROBE_MAX = 120000
-- So many of those who were let through in vain are passed over while others wait: one job at which a vendor stumbles
-- must not keep the door shut.
local TRIED = 16

local function breakerkey(vendor) return P .. ':breaker:' .. vendor end

local function breaker_fields(vendor, ...)
  local f = redis.pcall('HMGET', breakerkey(vendor), ...)
  if f.err then
    redis.call('DEL', breakerkey(vendor))
    return {}
  end
  return f
end

-- `closed`; `due`: somebody may try; `shut`, and until when at most.
local function breaker(vendor)
  local f = breaker_fields(vendor, 'state', 'until', 'probe', 'fence', 'probe_until')
  if f[1] == 'probe' then
    local held = tonumber(redis.call('ZSCORE', P .. ':leases', f[3] or '') or nil) or 0
    local until_ms = math.min(held, tonumber(f[5] or nil) or 0)
    if until_ms > NOW and redis.call('HGET', jobkey(f[3]), 'fence') == f[4] then return 'shut', until_ms end
    -- It died, or ended without a word from the vendor.
    return 'due'
  end
  if f[1] ~= 'open' then return 'closed' end
  local until_ms = tonumber(f[2] or nil) or 0
  if until_ms > NOW then return 'shut', until_ms end
  return 'due'
end

local function tried_of(vendor)
  local list = {}
  for k in string.gmatch(breaker_fields(vendor, 'tried')[1] or '', '[^\n]+') do list[#list + 1] = k end
  return list
end

local function let_through(vendor, k, fence)
  local tried = { k }
  for _, other in ipairs(tried_of(vendor)) do
    if other ~= k and #tried < TRIED then tried[#tried + 1] = other end
  end
  redis.call('HSET', breakerkey(vendor), 'state', 'probe', 'probe', k, 'fence', fence, 'probe_until',
    int(NOW + PROBE_MAX), 'asked', int(NOW), 'tried', table.concat(tried, '\n'))
  redis.call('HINCRBY', breakerkey(vendor), 'probes', 1)
end

local function wake_all()
  for line in pairs(RANK) do
    if redis.call('EXISTS', P .. ':waiting:' .. line) == 1 then touched[line] = true end
  end
  touched['urgent'] = true
  wake()
end
