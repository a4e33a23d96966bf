-- forgive.lua - the requeues of entries whose runs have got on count no more
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  incarnation that holds them
-- then job ids
--
-- Returns how many had requeues. After: each of these that the incarnation holds has 0;
-- nothing else of it changes.
--
-- Why: the count is for runs that take one worker after the other with them and leave no
-- trace of who it was. Who makes a step durable in between is none of those, however many
-- workers die around it.
--
-- The packed form is laid out in queue_job.c.

local p = KEYS[1]
local held = p .. 'held:' .. ARGV[1]
local jobs = p .. 'jobs'
local NONE = string.rep('\0', 4)
local forgiven = 0

for i = 2, #ARGV do
	local job = redis.call('ZSCORE', held, ARGV[i]) and redis.call('HGET', jobs, ARGV[i])
	if job and #job >= 35 and string.byte(job) >= 1 and string.sub(job, 20, 23) ~= NONE then
		redis.call('HSET', jobs, ARGV[i], string.sub(job, 1, 19) .. NONE .. string.sub(job, 24))
		forgiven = forgiven + 1
	end
end
return forgiven
