-- ARGV: ms to remember a hash, ms between reconciles, then per delivery:
--   hash, line, trigger, look or '', number of subjects, and per subject its kind (p, c, u) and id.
-- Returns one word per delivery.
local remember, every = ARGV[1], tonumber(ARGV[2])
local out, i = {}, 3

local function store(line, trigger, look, from, count)
  local word, unknown = 'remembered', false
  local worth = { remembered = 0, coalesced = 1, rerun = 2, stored = 3 }
  for s = 0, count - 1 do
    local kind, id = ARGV[from + 2 * s], ARGV[from + 2 * s + 1]
    if kind == 'c' then
      id = redis.call('HGET', P .. ':contracts', id)
      kind = id and 'p' or 'u'
    end
    if kind == 'p' then
      local w = put('person:' .. id, line, trigger, look, NOW)
      if worth[w] > worth[word] then word = w end
    else
      unknown = true
    end
  end
  if unknown then
    request_reconcile(trigger, every)
    return 'reconcile'
  end
  return word
end

while ARGV[i] do
  local hash, line, trigger, look, count = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], tonumber(ARGV[i + 4])
  local seen = P .. ':seen:' .. hash
  if redis.call('SET', seen, '1', 'NX', 'PX', remember) then
    local ok, word = pcall(store, line, trigger, look, i + 5, count)
    if not ok then
      -- Not stored, so not seen either: the sender comes again.
      redis.call('DEL', seen)
      word = 'failed'
    end
    out[#out + 1] = word
  else
    out[#out + 1] = 'duplicate'
  end
  i = i + 5 + 2 * count
end
wake()
return out
