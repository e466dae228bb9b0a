-- Returns whether writes were paused. Wakes whoever has work.
local was = redis.call('DEL', P .. ':paused')
for line in pairs(RANK) do
  if redis.call('EXISTS', P .. ':waiting:' .. line) == 1 then touched[line] = true end
end
touched['urgent'] = true
wake()
return was
