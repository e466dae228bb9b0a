-- ARGV: vendor, what came of a request (ok, unavailable, denied), the job ('' if none), words, Retry-After in ms or -1, a
-- random number in 0..1, first cool-down ms, longest ms, how many jobs have to fail. Returns: what has changed ('',
-- opened, closed), since when it was open, how many were let through meanwhile.
local vendor, how, job, words = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local after, random = tonumber(ARGV[5]), tonumber(ARGV[6])
local base, cap, needed = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local key = breakerkey(vendor)
local f = breaker_fields(vendor, 'state', 'cool', 'jobs', 'since', 'until', 'probes')
local state = f[1]

if how == 'ok' then
  if redis.call('DEL', key) == 0 or not state then return { '', 0, 0 } end
  wake_all()
  return { 'closed', tonumber(f[4] or nil) or NOW, tonumber(f[6] or nil) or 0 }
end

-- Somebody has to mend a credential first: asking soon does not help.
if how == 'denied' then base = cap end
local function shut(cool)
  local wait = math.max(cool * (0.8 + 0.2 * random), math.min(after, 3600000))
  redis.call('HSET', key, 'state', 'open', 'cool', int(cool), 'until', int(NOW + wait), 'reason', how, 'words', words)
  redis.call('HDEL', key, 'probe', 'fence', 'probe_until')
end

if state == 'probe' then
  shut(math.min(cap, math.max(base, 2 * (tonumber(f[2] or nil) or base))))
  return { '', 0, 0 }
end
if state then
  -- Who was under way when it opened.
  if after > 0 then
    local until_ms = math.max(tonumber(f[5] or nil) or 0, NOW + math.min(after, 3600000))
    redis.call('HSET', key, 'until', int(until_ms))
  end
  return { '', 0, 0 }
end
if job == '' then return { '', 0, 0 } end
local jobs, failed = { job }, 1
for k in string.gmatch(f[3] or '', '[^\n]+') do
  if k ~= job then
    jobs[#jobs + 1] = k
    failed = failed + 1
  end
end
if failed < needed then
  redis.call('HSET', key, 'jobs', table.concat(jobs, '\n'), 'words', words)
  -- What failed long ago is no part of a row.
  redis.call('PEXPIRE', key, 600000)
  return { '', 0, 0 }
end
redis.call('DEL', key)
shut(base)
redis.call('HSET', key, 'since', int(NOW), 'probes', 0)
return { 'opened', int(NOW), 0 }
