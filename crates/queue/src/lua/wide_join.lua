-- ARGV: attribute, id and document of an item should there be none, then person and row, as often as needed.
-- Returns the item's id ('': the name is taken, ask for the next number), 1 if it was opened, how many rows are new.
local id, opened, added = redis.call('HGET', P .. ':holds:wide', ARGV[1]), 0, 0
if not id then
  id = ARGV[2]
  opened = open_hold(id, '', ARGV[3])
  redis.call('HINCRBY', P .. ':holds:wide:number', ARGV[1], 1)
  if opened == 0 then return { '', 0, 0 } end
  redis.call('HSET', P .. ':holds:wide', ARGV[1], id)
  redis.call('HSET', P .. ':holds:wide:live', id, ARGV[1])
end
local rows = P .. ':holds:wide:' .. id
for i = 4, #ARGV, 2 do
  if redis.call('HGET', rows, ARGV[i]) ~= ARGV[i + 1] then
    redis.call('HSET', rows, ARGV[i], ARGV[i + 1])
    added = added + 1
  end
end
return { id, opened, added }
