-- attached.lua - who has not attached in this recovery yet
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  number of the recovery
-- then the incarnations that live, by Postgres
--
-- Returns how many of them, and of those in `workers` that have a heartbeat key, have none
-- that says this recovery's number or a later one. Changes nothing.

local p = KEYS[1]
local number = tonumber(ARGV[1])
local seen, waits = {}, 0

for i = 2, #ARGV do
	local value = redis.call('GET', p .. 'alive:' .. ARGV[i])
	seen[ARGV[i]] = true
	if not value or tonumber(value) < number then
		waits = waits + 1
	end
end
for _, worker in ipairs(redis.call('SMEMBERS', p .. 'workers')) do
	if not seen[worker] then
		local value = redis.call('GET', p .. 'alive:' .. worker)
		if value and tonumber(value) < number then
			waits = waits + 1
		end
	end
end
return waits
