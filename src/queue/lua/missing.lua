-- missing.lua - jobs that ought to be here and are not
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV     per job: id, incarnation that owns its run ("": nobody)
--
-- Returns a number per job: 0 it is here, 1 it is missing, and nobody who lives owns its
-- run, 2 it is missing and its owner has a heartbeat key.
--
-- A job that is in `jobs` and in no place is missing: Redis lost the place alone, since an
-- evicting server or somebody's DEL takes one key. After: it is not in `jobs` either, else
-- a push would find it known and leave it as it is. Counters follow by recount.lua.

local p = KEYS[1]
local jobs = p .. 'jobs'
local ids, workers, reply = {}, nil, {}

local function in_place(place, id)
	return redis.call('ZSCORE', p .. place, id)
end

-- The likely places first: of nearly every job the first one is it.
local function has_place(id, job, owner)
	if #job < 35 then
		return true -- of no version: not ours to judge
	end
	local lane_len, tenant_len = string.byte(job, 24), (struct.unpack('<H', job, 26))
	local lane = string.sub(job, 36, 35 + lane_len)
	local tenant = string.sub(job, 36 + lane_len, 35 + lane_len + tenant_len)
	if owner ~= '' and in_place('held:' .. owner, id)
		or in_place('ready:' .. lane .. ':' .. tenant, id)
		or in_place('quarantine', id) or in_place('delayed', id) then
		return true
	end
	workers = workers or redis.call('SMEMBERS', p .. 'workers')
	for _, worker in ipairs(workers) do
		if in_place('held:' .. worker, id) then
			return true
		end
	end
	return false
end

for i = 1, #ARGV, 2 do
	ids[#ids + 1] = ARGV[i]
end
local known = redis.call('HMGET', jobs, unpack(ids))
for i, id in ipairs(ids) do
	local owner = ARGV[2 * i]
	if known[i] and has_place(id, known[i], owner) then
		reply[i] = 0
	else
		if known[i] then
			redis.call('HDEL', jobs, id)
		end
		if owner ~= '' and redis.call('EXISTS', p .. 'alive:' .. owner) == 1 then
			reply[i] = 2
		else
			reply[i] = 1
		end
	end
end
return reply
