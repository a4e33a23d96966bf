-- missing.lua - jobs that ought to be here and are not
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV     per job: id, incarnation that owns its run ("": nobody)
--
-- Returns a number per job: 0 it is here, 1 it is missing, and nobody who lives owns its
-- run, 2 it is missing and its owner has a heartbeat key. Changes nothing.

local p = KEYS[1]
local ids, reply = {}, {}

for i = 1, #ARGV, 2 do
	ids[#ids + 1] = ARGV[i]
end
for i, id in ipairs(ids) do
	local owner = ARGV[2 * i]
	if redis.call('HEXISTS', p .. 'jobs', id) == 1 then
		reply[i] = 0
	elseif owner ~= '' and redis.call('EXISTS', p .. 'alive:' .. owner) == 1 then
		reply[i] = 2
	else
		reply[i] = 1
	end
end
return reply
