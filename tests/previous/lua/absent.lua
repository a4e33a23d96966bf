-- absent.lua - incarnations that may hold something and have no heartbeat key
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  names to return at most, 1..200
--
-- Returns the entries in the quarantine lane, then the names. Changes nothing.

local p = KEYS[1]
local most = tonumber(ARGV[1])
local absent = { redis.call('ZCARD', p .. 'quarantine') }

for _, worker in ipairs(redis.call('SMEMBERS', p .. 'workers')) do
	if #absent > most then
		break
	end
	if redis.call('EXISTS', p .. 'alive:' .. worker) == 0 then
		absent[#absent + 1] = worker
	end
end
return absent
