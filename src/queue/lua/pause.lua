-- pause.lua - a queue is paused or goes on, as Postgres says
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  number of the change, from 1 up
-- ARGV[2]  why it is paused; "" with no third argument: it is not
-- ARGV[3]  "1": it is paused
--
-- Returns 1 if `paused` is as this change says, 0 if a newer one was brought before: nothing
-- changes then. After: `pause_n` is the number of the newest change. A bell token for each
-- worker wakes those that sleep when the queue goes on.

local p = KEYS[1]

if tonumber(redis.call('GET', p .. 'pause_n') or 0) > tonumber(ARGV[1]) then
	return 0
end
redis.call('SET', p .. 'pause_n', ARGV[1])
if ARGV[3] == '1' then
	redis.call('SET', p .. 'paused', ARGV[2])
elseif redis.call('DEL', p .. 'paused') == 1 then
	for _ = redis.call('LLEN', p .. 'bell') + 1, 64 do
		redis.call('LPUSH', p .. 'bell', '1')
	end
end
return 1
