-- attach.lua - entries go to the incarnation that works on their runs
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  the owner: the incarnation that has the runs in Postgres
-- ARGV[2]  the giver: an incarnation that holds the entries and gives them to the owner; "":
--          the owner itself calls
-- ARGV[3]  ms that the owner's heartbeat key lasts, when the owner itself calls
-- ARGV[4]  number of the recovery in which the owner has said all with this call; "": not yet
-- then per job: id, packed job ("": one that Redis has lost is not made again)
--
-- Returns {lives, then 1 or 0 per job}: lives is 0 when a giver's owner has no heartbeat
-- key; then nothing is changed. 1: the owner holds the entry now, or did before. 0: another
-- incarnation holds it, or it is in the quarantine lane: it stays there.
--
-- After: each entry is in exactly one place; an entry that was missing, ready, delayed,
-- reserved or held by the giver is held by the owner, which is in `workers`; running, queued
-- and capped follow. A tenant may be above its limit by this: what runs, runs.
--
-- The packed form is laid out in queue_job.c.

local p = KEYS[1]
local owner = ARGV[1]
local giver = ARGV[2]
local jobs = p .. 'jobs'
local held = p .. 'held:' .. owner
local HEAD = '<Bi8BbI4I4I4BBHHHI4'
local HEAD_LEN = 35
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function count(key, tenant, change)
	local n = redis.call('HINCRBY', key, tenant, change)
	if n <= 0 then
		redis.call('HDEL', key, tenant)
	end
	return n
end

local function all_lanes()
	local lanes = redis.call('SMEMBERS', p .. 'lanes')
	lanes[#lanes + 1] = '-'
	return lanes
end

-- One less of this tenant waits.
local function fewer(tenant)
	count(p .. 'queued', tenant, -1)
	count(p .. 'queued', '*', -1)
end

-- One more of this tenant runs.
local function more(tenant)
	local n = count(p .. 'running', tenant, 1)
	local limits = redis.call('HGET', p .. 'limits', tenant)
	local running_max = tonumber(string.match(limits or '', '^%d+') or 0)
	count(p .. 'running', '*', 1)
	if running_max > 0 and n >= running_max then
		redis.call('SADD', p .. 'capped', tenant)
		for _, lane in ipairs(all_lanes()) do
			redis.call('ZREM', p .. 'tenants:' .. lane, tenant)
		end
	end
end

if giver ~= '' then
	if redis.call('EXISTS', p .. 'alive:' .. owner) == 0 then
		return { 0 }
	end
elseif ARGV[4] ~= '' then
	redis.call('SET', p .. 'alive:' .. owner, ARGV[4], 'PX', ARGV[3])
elseif redis.call('PEXPIRE', p .. 'alive:' .. owner, ARGV[3]) == 0 then
	redis.call('SET', p .. 'alive:' .. owner, '0', 'PX', ARGV[3])
end

local others = {}
for _, worker in ipairs(redis.call('SMEMBERS', p .. 'workers')) do
	if worker ~= owner and worker ~= giver then
		others[#others + 1] = p .. 'held:' .. worker
	end
end
others[#others + 1] = p .. 'quarantine'

local function attach(id, packed)
	if redis.call('ZSCORE', held, id) then
		return 1
	end
	for _, place in ipairs(others) do
		if redis.call('ZSCORE', place, id) then
			return 0
		end
	end
	local known = redis.call('HGET', jobs, id)
	local job = known or packed
	if #job < HEAD_LEN or string.byte(job) ~= 1 then
		return 0
	end
	local _, _, _, _, _, _, _, lane_len, _, tenant_len = struct.unpack(HEAD, job)
	local at = HEAD_LEN + 1
	local lane = string.sub(job, at, at + lane_len - 1)
	local tenant = string.sub(job, at + lane_len, at + lane_len + tenant_len - 1)

	if giver ~= '' and redis.call('ZREM', p .. 'held:' .. giver, id) == 1 then
		redis.call('ZADD', held, now, id)
		return 1 -- one more here, one less there
	end
	local ready = p .. 'ready:' .. lane .. ':' .. tenant
	if redis.call('ZREM', ready, id) == 1 then
		fewer(tenant)
		if redis.call('EXISTS', ready) == 0 then
			redis.call('ZREM', p .. 'tenants:' .. lane, tenant)
		end
	elseif redis.call('ZREM', p .. 'delayed', id) == 1 then
		fewer(tenant)
	end
	if redis.call('ZREM', p .. 'admitted', tenant .. '/' .. id) == 1 then
		fewer(tenant)
	end
	if not known then
		redis.call('HSET', jobs, id, packed)
	end
	redis.call('ZADD', held, now, id)
	more(tenant)
	return 1
end

local reply = { 1 }
redis.call('SADD', p .. 'workers', owner)
for i = 5, #ARGV, 2 do
	reply[#reply + 1] = attach(ARGV[i], ARGV[i + 1])
end
return reply
