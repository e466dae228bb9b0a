-- What a job is and what may become of it; after head.lua.
local RANK = { urgent = 1, events = 2, bulk = 3 }
-- What asks for an operator's order to suspend. Such a job needs JumpCloud alone, and does not wait for Deel.
local ORDER = 'operator:suspend'

local function urgent_of(a, b)
  if not a then return b end
  if not b then return a end
  if (RANK[a] or 2) <= (RANK[b] or 2) then return a end
  return b
end

local function least(a, b)
  a, b = tonumber(a), tonumber(b)
  if not a then return b end
  if not b then return a end
  return math.min(a, b)
end

local function fresh_value(trigger, look) return trigger .. '|' .. (look or '') end

local function fresh_parts(value)
  local trigger, look = string.match(value, '^(.*)|(%d*)$')
  if look == '' then look = nil end
  return trigger or value, look
end

-- Such a job as a table, or nil. What is in no line is none.
local function fresh_job(k)
  local value = fresh_call('HGET', k)
  if not value then return nil end
  local trigger, look = fresh_parts(value)
  for _, line in ipairs(LINES) do
    local accepted = redis.call('ZSCORE', P .. ':waiting:' .. line, k)
    if accepted then return { state = 'waiting', line = line, trigger = trigger, look = look, accepted = accepted } end
  end
  return nil
end

-- A job as a table, or nil. What is no hash is removed: it is nothing of ours.
local function read(k)
  local r = redis.pcall('HGETALL', jobkey(k))
  if r.err then
    redis.call('DEL', jobkey(k))
    return fresh_job(k)
  end
  local j = {}
  for i = 1, #r, 2 do j[r[i]] = r[i + 1] end
  if not j.state then
    for name, value in pairs(fresh_job(k) or {}) do j[name] = j[name] or value end
  end
  return next(j) and j
end

-- The same as a list of names and values, for those who only look.
local function fields_of(k)
  local fields = redis.pcall('HGETALL', jobkey(k))
  if fields.err then fields = {} end
  if #fields > 0 then return fields end
  for name, value in pairs(fresh_job(k) or {}) do
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
  return fields
end

local function save(k, j)
  fresh_call('HDEL', k)
  local f = {}
  for name, value in pairs(j) do
    f[#f + 1] = name
    if type(value) == 'number' then value = int(value) end
    f[#f + 1] = value
  end
  redis.call('DEL', jobkey(k))
  redis.call('HSET', jobkey(k), unpack(f))
end

local function enqueue(k, line, accepted)
  redis.call('ZADD', P .. ':waiting:' .. line, int(accepted), k)
  touched[line] = true
end

-- An arranged time is kept in the job (`sched*`), so that it survives retries and death. The earlier one holds.
local function arrange(j, at, line, trigger, look)
  local have = tonumber(j.sched)
  if have and have <= at then return end
  j.sched, j.sched_line, j.sched_trigger, j.sched_look = int(at), line, trigger, look
end

-- At a claim: an arranged time that has come is served by this run, and its look is answered; one to come is kept
-- until its verdict.
local function set_aside(j)
  local look
  if tonumber(j.sched) > NOW then
    j.kept, j.kept_line, j.kept_trigger, j.kept_look = j.sched, j.sched_line, j.sched_trigger, j.sched_look
  else
    look = j.sched_look
  end
  j.sched, j.sched_line, j.sched_trigger, j.sched_look = nil, nil, nil, nil
  return look
end

-- What is left of a lease goes: who had it, and the mark to run again, whose meaning joins the job itself.
local function unlease(j)
  if j.again then
    if urgent_of(j.line, j.again_line) ~= j.line or j.again_trigger == ORDER then j.trigger = j.again_trigger end
    j.line = urgent_of(j.line, j.again_line)
    j.look = least(j.look, j.again_look)
    j.accepted = least(j.accepted, j.again_at)
  end
  if j.kept then arrange(j, tonumber(j.kept), j.kept_line, j.kept_trigger, j.kept_look) end
  for _, f in ipairs({ 'again', 'again_line', 'again_trigger', 'again_look', 'again_at', 'kept', 'kept_line',
    'kept_trigger', 'kept_look', 'fence', 'worker', 'since' }) do j[f] = nil end
end

local function to_waiting(k, j)
  j.state = 'waiting'
  j.line = RANK[j.line] and j.line or 'events'
  j.accepted = tonumber(j.accepted) or NOW
  save(k, j)
  enqueue(k, j.line, j.accepted)
end

-- The job that an again-mark asks for: fresh, with its attempts counted anew.
local function again_job(j)
  return {
    line = j.again_line, trigger = j.again_trigger, look = j.again_look, accepted = j.again_at,
    sched = j.sched, sched_line = j.sched_line, sched_trigger = j.sched_trigger, sched_look = j.sched_look,
  }
end

local function forget_dead(k)
  redis.call('ZREM', P .. ':dead', k)
  if redis.call('ZSCORE', P .. ':delayed', k) then
    local j = read(k) or {}
    j.state, j.died, j.error, j.attempts = 'delayed', nil, nil, nil
    save(k, j)
  else
    redis.call('DEL', jobkey(k))
  end
end

-- In small steps, so that no call is long.
local function trim_dead(max, retention)
  local dead = P .. ':dead'
  local over = redis.call('ZCARD', dead) - max
  if over > 0 then
    for _, k in ipairs(redis.call('ZRANGE', dead, 0, math.min(over, 100) - 1)) do forget_dead(k) end
  end
  local old = redis.call('ZRANGEBYSCORE', dead, '-inf', int(NOW - retention), 'LIMIT', 0, 100)
  for _, k in ipairs(old) do forget_dead(k) end
end

-- Dead, unless an event arrived during the last attempt: that event is owed a run.
local function die(k, j, reason)
  if j.again then
    if j.kept then arrange(j, tonumber(j.kept), j.kept_line, j.kept_trigger, j.kept_look) end
    to_waiting(k, again_job(j))
    return 'waiting'
  end
  unlease(j)
  j.state, j.error, j.died = 'dead', reason, int(NOW)
  if j.sched and tonumber(j.sched) <= NOW then
    j.sched, j.sched_line, j.sched_trigger, j.sched_look = nil, nil, nil, nil
  end
  save(k, j)
  redis.call('ZADD', P .. ':dead', int(NOW), k)
  if j.sched then redis.call('ZADD', P .. ':delayed', j.sched, k) end
  return 'dead'
end

-- Add(key): waits → nothing more, is being run → once more afterwards, else it waits.
local function put(k, line, trigger, look, at)
  local job = jobkey(k)
  local f = redis.pcall('HMGET', job, 'state', 'line', 'look', 'accepted')
  if f.err then
    redis.call('DEL', job)
    f = {}
  end
  local state = f[1]
  local fresh = not state and fresh_job(k)
  if fresh then
    local now_line = urgent_of(fresh.line, line)
    local now_look = least(fresh.look, look)
    if now_line ~= fresh.line then
      redis.call('ZREM', P .. ':waiting:' .. fresh.line, k)
      enqueue(k, now_line, fresh.accepted)
    elseif trigger ~= ORDER then
      trigger = fresh.trigger
    end
    local value = fresh_value(trigger, now_look and int(now_look))
    if value ~= fresh_value(fresh.trigger, fresh.look) then fresh_call('HSET', k, value) end
    return 'coalesced'
  end
  if state == 'waiting' then
    local now_line = urgent_of(f[2] or line, line)
    if now_line ~= f[2] then
      redis.call('ZREM', P .. ':waiting:' .. (f[2] or 'events'), k)
      redis.call('HSET', job, 'line', now_line, 'trigger', trigger)
      touched[now_line] = true
    elseif trigger == ORDER then
      redis.call('HSET', job, 'trigger', trigger)
    end
    if look ~= '' and (not f[3] or tonumber(look) < tonumber(f[3])) then redis.call('HSET', job, 'look', look) end
    -- Also mends a line that somebody has deleted.
    redis.call('ZADD', P .. ':waiting:' .. now_line, 'NX', f[4] or int(at), k)
    return 'coalesced'
  end
  if state == 'leased' and redis.call('ZSCORE', P .. ':leases', k) then
    local g = redis.call('HMGET', job, 'again_line', 'again_trigger', 'again_look', 'again_at')
    local again_line = urgent_of(g[1], line)
    local again_trigger = g[2]
    if not again_trigger or again_line ~= g[1] or trigger == ORDER then again_trigger = trigger end
    redis.call('HSET', job, 'again', '1', 'again_line', again_line, 'again_trigger', again_trigger, 'again_at',
      int(least(g[4] or nil, at)))
    local again_look = least(g[3] or nil, look)
    if again_look then redis.call('HSET', job, 'again_look', int(again_look)) end
    return 'rerun'
  end
  if not state then
    fresh_call('HSET', k, fresh_value(trigger, look))
    enqueue(k, line, at)
    return 'stored'
  end
  local j = read(k)
  redis.call('ZREM', P .. ':delayed', k)
  if state == 'dead' then
    redis.call('ZREM', P .. ':dead', k)
    j = { sched = j.sched, sched_line = j.sched_line, sched_trigger = j.sched_trigger, sched_look = j.sched_look }
  end
  unlease(j)
  if urgent_of(j.line, line) ~= j.line or trigger == ORDER then j.trigger = trigger end
  j.line = urgent_of(j.line, line)
  j.trigger = j.trigger or trigger
  j.look = least(j.look, look)
  j.accepted = least(j.accepted, at)
  to_waiting(k, j)
  return 'stored'
end

-- Whoever sleeps has to learn of a time that comes before it wakes by itself (after 5 s: LONGEST_SLEEP in pump.rs).
local SOON = 6000
local function announce(at)
  if at - NOW < SOON then touched['urgent'] = true end
end

-- A run at a time.
local function delay(k, at, line, trigger, look)
  if at <= NOW then return put(k, line, trigger, look, at) end
  if look == '' then look = nil end
  local j = read(k)
  if not j then j = { state = 'delayed' } end
  arrange(j, at, line, trigger, look)
  save(k, j)
  if j.state == 'delayed' or j.state == 'dead' then
    local have = tonumber(redis.call('ZSCORE', P .. ':delayed', k) or nil)
    if not have or have > at then redis.call('ZADD', P .. ':delayed', int(at), k) end
    announce(at)
  end
  return 'delayed'
end

-- Because somebody is unknown: a reconcile, the times of two of them at least `every` apart.
local function request_reconcile(trigger, every)
  local last = tonumber(redis.call('HGET', P .. ':reconcile', 'asked') or nil)
  if last and last > NOW then
    -- One is arranged. Said again, since a run for another reason may have begun and would end its time with it.
    delay('reconcile', last, 'bulk', trigger, '')
    return 0
  end
  if last and last + every > NOW then
    delay('reconcile', last + every, 'bulk', trigger, '')
    redis.call('HSET', P .. ':reconcile', 'asked', int(last + every), 'trigger', trigger)
    return 1
  end
  put('reconcile', 'bulk', trigger, '', NOW)
  redis.call('HSET', P .. ':reconcile', 'asked', int(NOW), 'trigger', trigger)
  return 1
end

-- Higher than every earlier one, also than those that a Redis which lost its latest writes no longer knows: never less than
-- the clock's microseconds.
local function fences(n)
  local first = math.max(tonumber(redis.call('GET', P .. ':fence') or 0), NOW * 1000)
  redis.call('SET', P .. ':fence', int(first + n))
  return first
end

-- A lease that nobody renewed: a counted attempt, so that what kills its process ends up dead.
local function expire(k, max_attempts)
  redis.call('ZREM', P .. ':leases', k)
  local j = read(k)
  if not j or j.state ~= 'leased' then return end
  local attempts = tonumber(j.attempts) or 1
  if attempts >= max_attempts then
    return die(k, j, 'the lease ended without a verdict: worker ' .. (j.worker or '?') ..
      ' was killed, hung, or lost Redis (attempt ' .. int(attempts) .. ')')
  end
  unlease(j)
  to_waiting(k, j)
end
