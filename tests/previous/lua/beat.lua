-- beat.lua - refresh heartbeat keys
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  ms that a key lasts
-- then the incarnations
--
-- Returns now_ms. After: each incarnation has its key, with the value it had (0 when it is
-- new: the number of the last recovery it took part in), and is in `workers`.

local p = KEYS[1]
local time = redis.call('TIME')

for i = 2, #ARGV do
	local key = p .. 'alive:' .. ARGV[i]
	if redis.call('PEXPIRE', key, ARGV[1]) == 0 then
		redis.call('SET', key, '0', 'PX', ARGV[1])
	end
	redis.call('SADD', p .. 'workers', ARGV[i])
end
return time[1] * 1000 + math.floor(time[2] / 1000)
