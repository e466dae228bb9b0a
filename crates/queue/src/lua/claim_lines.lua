-- The rest of a claim while both vendors answer.
-- Urgent keys may use every place; some are kept free of events, more of bulk, so that the urgent never queue behind.
local others = tonumber(ARGV[5])
for i, line in ipairs(LINES) do
  local n = math.min(total, tonumber(ARGV[3 + i]))
  if line == 'bulk' then n = math.min(n, others) end
  local popped = n > 0 and redis.call('ZPOPMIN', P .. ':waiting:' .. line, n) or {}
  if #popped > 0 then take(line, popped) end
  total = total - #popped / 2
  if line ~= 'urgent' then others = others - #popped / 2 end
end
if #leases > 0 then redis.call('ZADD', P .. ':leases', unpack(leases)) end

local left = {}
for i, line in ipairs(LINES) do
  left[i] = redis.call('EXISTS', P .. ':waiting:' .. line)
  if left[i] == 1 then touched[line] = true end
end
wake()

return { int(NOW), 0, next_due(), left, jobs, 0 }
