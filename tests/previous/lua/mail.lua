-- mail.lua - a hint for one worker process
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  incarnation
-- ARGV[2]  text
-- ARGV[3]  ms that its mail lasts unread
-- ARGV[4]  texts that may wait at most
--
-- Returns 1; or 0: it is not in `workers` (gone, its mail with it), or its box is full.

local p = KEYS[1]
local box = p .. 'mail:' .. ARGV[1]

if redis.call('SISMEMBER', p .. 'workers', ARGV[1]) == 0
	or redis.call('LLEN', box) >= tonumber(ARGV[4]) then
	return 0
end
redis.call('RPUSH', box, ARGV[2])
redis.call('PEXPIRE', box, ARGV[3])
return 1
