-- Further ARGV: class, waiter, its place in the line (microseconds; 0: the end). Returns: granted, ms to wait before asking again, whether the vendor failed somebody lately.
local class, id, place = ARGV[4], ARGV[5], tonumber(ARGV[6])
local list, alive = B .. ':waiting:' .. class, B .. ':alive'

local function wait(ms)
  ms = math.max(1, math.min(1000, math.ceil(ms)))
  redis.call('ZADD', list, 'NX', int(place > 0 and place or micros()), id)
  -- Who does not ask again in time has gone, and blocks nobody.
  redis.call('HSET', alive, id, int(NOW + ms + 500))
  redis.call('PEXPIRE', list, DAY)
  redis.call('PEXPIRE', alive, DAY)
  return { 0, ms, 0 }
end

local function grant()
  redis.call('ZREM', list, id)
  redis.call('HDEL', alive, id)
  return { 1, 0, redis.call('EXISTS', P .. ':breaker:' .. ARGV[1]) }
end

local blocked = tonumber(redis.call('HGET', B .. ':state', 'blocked') or nil) or 0
if blocked > NOW then return wait(blocked - NOW) end
if limit <= 0 then return grant() end

local n, span = window(effective())
local us = micros()
redis.call('ZREMRANGEBYSCORE', B, '-inf', int(us - span))
local granted = redis.call('ZCARD', B)
local free = n - granted

local ahead, rank = 0, 0
for _, c in ipairs(CLASSES) do
  local l = B .. ':waiting:' .. c
  for _, other in ipairs(redis.call('ZRANGE', l, 0, n)) do
    local until_ms = tonumber(redis.call('HGET', alive, other) or nil)
    if other ~= id and (not until_ms or until_ms < NOW) then
      redis.call('ZREM', l, other)
      redis.call('HDEL', alive, other)
    end
  end
  if c == class then
    rank = redis.call('ZRANK', l, id)
      or (place > 0 and redis.call('ZCOUNT', l, '-inf', int(place)) or redis.call('ZCARD', l))
    ahead = ahead + rank
    break
  end
  ahead = ahead + redis.call('ZCARD', l)
end

-- Bulk takes half a window at once and the rest evenly. If it took all of it, a leaver who comes then would wait for the whole
-- window to pass, and again after each few requests of the run.
local early, last, gap = 0, 0, span / n
if class == 'bulk' then
  last = math.min(us, tonumber(redis.call('HGET', B .. ':state', 'bulk') or nil) or 0)
  if granted + ahead >= n / 2 then early = math.max(0, last + (rank + 1) * gap - us) / 1000 end
end

if ahead < free and early <= 0 then
  if class == 'bulk' then
    -- Who comes a little late for a turn does not put off all that follow.
    redis.call('HSET', B .. ':state', 'bulk', int(math.min(us, math.max(last + gap, us - gap))))
    redis.call('PEXPIRE', B .. ':state', DAY)
  end
  redis.call('ZADD', B, int(us), int(us) .. ':' .. id)
  redis.call('PEXPIRE', B, DAY)
  return grant()
end
-- When the grant leaves the window whose slot this waiter gets, if all before it take theirs.
local turn = ahead - free
if turn < 0 then return wait(early) end
if turn < granted then
  local g = redis.call('ZRANGE', B, turn, turn, 'WITHSCORES')
  return wait(math.max(early, (tonumber(g[2]) + span - us) / 1000))
end
return wait(math.max(early, (turn + 1) / n * span / 1000))
