-- A claim while a vendor is away: everything waits in its line, but one job at a time that tries it, and operators'
-- orders to suspend, which do without Deel.

-- Their jobs, the oldest first.
local function waiting_orders()
  local keys, out = {}, {}
  for i, person in ipairs(redis.call('HKEYS', P .. ':orders')) do
    if i <= 4000 then keys[i] = 'person:' .. person end
  end
  if #keys == 0 then return out end
  for i, score in ipairs(redis.call('ZMSCORE', P .. ':waiting:urgent', unpack(keys))) do
    if score then
      local value = fresh_call('HGET', keys[i])
      local trigger = redis.call('HGET', jobkey(keys[i]), 'trigger')
      if not trigger and value then trigger = fresh_parts(value) end
      if trigger == ORDER then out[#out + 1] = { keys[i], score } end
    end
  end
  table.sort(out, function(a, b) return tonumber(a[2]) < tonumber(b[2]) end)
  return out
end

local function take_one(line, k, score)
  redis.call('ZREM', P .. ':waiting:' .. line, k)
  take(line, { k, score })
  total = total - 1
  return jobs[#jobs][2]
end

-- The most urgent one that has not tried lately; if all have, the most urgent one.
local function pick(tried)
  local first
  for i, line in ipairs(LINES) do
    local room = math.min(total, tonumber(ARGV[3 + i]))
    if line == 'bulk' then room = math.min(room, tonumber(ARGV[5])) end
    local heads = room > 0 and redis.call('ZRANGE', P .. ':waiting:' .. line, 0, 2 * TRIED, 'WITHSCORES') or {}
    for h = 1, #heads, 2 do
      first = first or { line, heads[h], heads[h + 1] }
      if not tried[heads[h]] then return { line, heads[h], heads[h + 1] } end
    end
  end
  return first
end

local function gated()
  local deel, deel_until = breaker('deel')
  local jumpcloud, jumpcloud_until = breaker('jumpcloud')
  if deel == 'closed' and jumpcloud == 'closed' then return nil end
  local tries = 0
  if deel ~= 'closed' and jumpcloud ~= 'shut' then
    for _, order in ipairs(waiting_orders()) do
      if total < 1 or jumpcloud == 'shut' then break end
      local fence = take_one('urgent', order[1], order[2])
      if jumpcloud == 'due' then
        let_through('jumpcloud', order[1], fence)
        jumpcloud, tries = 'shut', fence
      end
    end
  end
  if deel ~= 'shut' and jumpcloud ~= 'shut' and total > 0 then
    local tried = {}
    for _, vendor in ipairs(VENDORS) do
      for _, k in ipairs(tried_of(vendor)) do tried[k] = true end
    end
    local one = pick(tried)
    if one then
      tries = take_one(one[1], one[2], one[3])
      if deel == 'due' then let_through('deel', one[2], tries) end
      if jumpcloud == 'due' then let_through('jumpcloud', one[2], tries) end
    end
  end
  if #leases > 0 then redis.call('ZADD', P .. ':leases', unpack(leases)) end
  -- What is left in the lines is nobody's at the moment: no token is pushed for it, and everybody sleeps on all lines.
  return { int(NOW), 0, next_due(least(deel_until, jumpcloud_until)), { 0, 0, 0 }, jobs, tonumber(tries) }
end

if redis.call('EXISTS', breakerkey('deel'), breakerkey('jumpcloud')) > 0 then
  local answer = gated()
  if answer then return answer end
end
