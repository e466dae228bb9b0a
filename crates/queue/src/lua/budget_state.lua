-- Returns: effective limit as text, ms blocked, granted in the window, waiting per class.
local rate = effective()
local blocked = tonumber(redis.call('HGET', B .. ':state', 'blocked') or nil) or 0
local span = 1100000
if rate > 0 then
  local _, s = window(rate)
  span = s
end
local out = { tostring(rate), math.max(0, blocked - NOW), redis.call('ZCOUNT', B, int(micros() - span), '+inf') }
for _, c in ipairs(CLASSES) do out[#out + 1] = redis.call('ZCARD', B .. ':waiting:' .. c) end
return out
