-- recover.lua - a recovery begins: who works on runs is to say so
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  number of the recovery
--
-- Returns the number that holds: a higher one that was there stays. After: there is no
-- `lineage`, so nothing is claimed; `recovering` is that number, which stays when the
-- recovery is over, so that a worker that slept meanwhile finds it; the bell has tokens for
-- those that sleep at it.

local p = KEYS[1]
local number = math.max(tonumber(ARGV[1]), tonumber(redis.call('GET', p .. 'recovering') or 0))

redis.call('DEL', p .. 'lineage')
redis.call('SET', p .. 'recovering', string.format('%d', number))
for _ = redis.call('LLEN', p .. 'bell') + 1, 64 do
	redis.call('LPUSH', p .. 'bell', '1')
end
return number
