-- Accepting deliveries, the rest: contracts, unknown persons, further subjects, and persons whose job is run, waits
-- otherwise, or is one of several kinds in one batch.
local unknown = {}
local LETTER = { remembered = 'm', coalesced = 'c', rerun = 'a', stored = 's' }
local WORTH = { m = 0, c = 1, a = 2, s = 3 }

local function store(d, whom)
  local first = string.byte(whom)
  if first == 99 then -- c
    local id = redis.call('HGET', P .. ':contracts', string.sub(whom, 10))
    whom = id and 'person:' .. id
  end
  if not whom or first == 63 then -- ?
    unknown[d] = true
    return
  end
  local line, trigger, look = string.match(ARGV[WHAT + d], '^(.)(.*)|(%d*)$')
  local letter = LETTER[put(whom, NAMES[line], trigger, look, NOW)]
  if WORTH[letter] > WORTH[out[d]] then out[d] = letter end
end

for _, r in ipairs(rest) do store(r[1], r[2]) end
for i = MORE + 1, MORE + 2 * further, 2 do
  local d = tonumber(ARGV[i])
  if not known[d] then store(d, ARGV[i + 1]) end
end
for d in pairs(unknown) do
  local trigger = string.match(ARGV[WHAT + d], '^.(.*)|%d*$')
  request_reconcile(trigger, every)
  out[d] = 'r'
end
return ended()
