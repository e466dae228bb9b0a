-- Returns per vendor nothing, or: vendor, reason, since, when somebody may try, whether somebody is trying, tries, words.
local out = {}
for _, vendor in ipairs(VENDORS) do
  local f = breaker_fields(vendor, 'state', 'reason', 'since', 'until', 'probes', 'words')
  if f[1] then
    local state = breaker(vendor)
    out[#out + 1] = { vendor, f[2] or 'unavailable', tonumber(f[3] or nil) or NOW, tonumber(f[4] or nil) or NOW,
      f[1] == 'probe' and state == 'shut' and 1 or 0, tonumber(f[5] or nil) or 0, f[6] or '' }
  end
end
return out
