-- ARGV: max attempts, backoff base ms, cap ms, dead max, retention ms, cap ms for who waits for a vendor, then per key 10 of:
--   key, fence, verdict (done, again, retry, retry-free, dead, release), 'after' or 'at', ms (retry: Retry-After or -1),
--   line (retry: the vendor that is away, or ''), trigger, look or '', error, a random number in 0..1.
-- Returns one word per key. A verdict whose fence is not the lease's is stale and has no effect.
local max_attempts, base, cap = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local out, trim = {}, false

local function done(k, j, at, line, trigger, look)
  -- What was set aside at the claim is answered by this run; what was arranged since is not, and neither is a further
  -- look at a read that may be stale, unless this run asks for one: its own read may have been as stale.
  if at then arrange(j, at, line, trigger, look ~= '' and look or nil) end
  if j.kept_look and (look or '') == '' then
    arrange(j, tonumber(j.kept), j.kept_line, j.kept_trigger, j.kept_look)
    j.sched_look = least(j.sched_look, j.kept_look)
  end
  if j.again then
    to_waiting(k, again_job(j))
    return 'waiting'
  end
  if not j.sched then
    redis.call('DEL', jobkey(k))
    return 'gone'
  end
  save(k, { state = 'delayed', sched = j.sched, sched_line = j.sched_line, sched_trigger = j.sched_trigger,
    sched_look = j.sched_look })
  redis.call('ZADD', P .. ':delayed', j.sched, k)
  announce(tonumber(j.sched))
  return 'delayed'
end

local function retry(k, j, counts, after, random, reason, away)
  local attempts = tonumber(j.attempts) or 1
  if counts and attempts >= max_attempts then
    trim = true
    return die(k, j, reason)
  end
  if away ~= '' and not counts and redis.call('HEXISTS', P .. ':breaker:' .. away, 'state') == 1 then
    -- In line it waits for the vendor, and is not late when that is back.
    unlease(j)
    j.attempts, j.error = math.max(0, attempts - 1), reason
    to_waiting(k, j)
    return 'waiting'
  end
  if not counts then
    attempts = math.max(0, attempts - 1)
    j.free = (tonumber(j.free) or 0) + 1
  end
  if j.again and after < 0 then
    -- A new event does not wait out an old failure; one that came a moment later would not either.
    unlease(j)
    j.attempts, j.error = attempts, reason
    to_waiting(k, j)
    return 'waiting'
  end
  local failures = attempts + (tonumber(j.free) or 0)
  -- A leaver stays in for as long as this takes: the wait grows from the fourth time on only. A vendor that is away for
  -- longer has its breaker open by then.
  if not counts and j.line == 'urgent' then failures = math.max(1, failures - 2) end
  local longest = away ~= '' and math.min(cap, tonumber(ARGV[6])) or cap
  local wait = math.min(longest, base * 2 ^ math.min(failures - 1, 30)) * (0.5 + random / 2)
  -- Not before Retry-After, and not everybody in the same millisecond.
  if after >= 0 then wait = math.max(wait, after + random * math.min(1000, after / 10)) end
  unlease(j)
  j.state, j.attempts, j.error = 'delayed', attempts, reason
  local at = NOW + math.ceil(wait)
  save(k, j)
  if j.sched then at = math.min(at, math.max(tonumber(j.sched), NOW)) end
  redis.call('ZADD', P .. ':delayed', int(at), k)
  announce(at)
  return 'delayed'
end

local function finish(i)
  local k, verdict = ARGV[i], ARGV[i + 2]
  local f = redis.pcall('HMGET', jobkey(k), 'state', 'fence', 'again', 'sched', 'kept_look')
  if f.err or f[1] ~= 'leased' or f[2] ~= ARGV[i + 1] then return 'stale' end
  redis.call('ZREM', P .. ':leases', k)
  if verdict == 'done' and not f[3] and not f[4] and not f[5] then
    redis.call('DEL', jobkey(k))
    return 'gone'
  end
  local j, ms = read(k), tonumber(ARGV[i + 4])
  if verdict == 'done' then return done(k, j) end
  if verdict == 'again' then
    -- A time that has come was asked for by a process whose clock is behind: not again at once.
    ms = ARGV[i + 3] == 'after' and NOW + ms or math.max(ms, NOW + 1000)
    return done(k, j, ms, ARGV[i + 5], ARGV[i + 6], ARGV[i + 7])
  end
  if verdict == 'retry' or verdict == 'retry-free' then
    return retry(k, j, verdict == 'retry', ms, tonumber(ARGV[i + 9]), ARGV[i + 8], ARGV[i + 5])
  end
  if verdict == 'dead' then
    trim = true
    return die(k, j, ARGV[i + 8])
  end
  unlease(j)
  j.attempts = math.max(0, (tonumber(j.attempts) or 1) - 1)
  to_waiting(k, j)
  return 'waiting'
end

for i = 7, #ARGV, 10 do out[#out + 1] = finish(i) end
if trim then trim_dead(tonumber(ARGV[4]), tonumber(ARGV[5])) end
wake()
return out
