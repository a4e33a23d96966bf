-- leave.lua - an incarnation that will not come back leaves the queue
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  incarnation
--
-- Returns what it still holds. If that is nothing: after, its heartbeat key, its mail and
-- its name in `workers` are gone. Else nothing is changed, since a held job's worker has to
-- be in `workers`.

local p = KEYS[1]
local holds = redis.call('ZCARD', p .. 'held:' .. ARGV[1])

if holds == 0 then
	redis.call('SREM', p .. 'workers', ARGV[1])
	redis.call('DEL', p .. 'alive:' .. ARGV[1], p .. 'mail:' .. ARGV[1])
end
return holds
