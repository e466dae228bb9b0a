-- ARGV: a fresh id. Returns the id that holds, whether it is the fresh one, and the server's replication ids ('' where it
-- does not tell): its own, and the one that it took over; and the pause, if there is one.
local created = redis.call('SET', P .. ':epoch', ARGV[1], 'NX')
local info = redis.pcall('INFO', 'replication')
local own, continued
if type(info) == 'string' then
    own, continued = info:match('master_replid:(%x+)'), info:match('master_replid2:(%x+)')
end
return { redis.call('GET', P .. ':epoch'), created and 1 or 0, own or '', continued or '', redis.call('GET', P .. ':paused') }
