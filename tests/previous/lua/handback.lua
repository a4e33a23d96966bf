-- handback.lua - held jobs go back to where they were
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  incarnation that holds them
-- then per job: id, taken_over (1: `from` becomes the incarnation, 0: stays), lane to go to
--          ("": the one it came from)
--
-- Returns the number of jobs that are ready again.
--
-- Before: each is held by the incarnation; what is not, or is packed in a way that this
-- script does not know, is left alone. After: held -> ready with the old score, in no cohort;
-- running and queued follow; the tenant can be served; the bell has tokens.
--
-- The packed form is laid out in queue_job.c.

local p = KEYS[1]
local me = ARGV[1]
local jobs = p .. 'jobs'
local held = p .. 'held:' .. me
local HEAD = '<Bi8BbI4I4I4BBHHHI4'
local HEAD_LEN = 35

local function count(key, tenant, change)
	local n = redis.call('HINCRBY', key, tenant, change)
	if n <= 0 then
		redis.call('HDEL', key, tenant)
	end
	return n
end

local function activate(lane, tenant)
	local first = redis.call('ZRANGE', p .. 'tenants:' .. lane, 0, 0, 'WITHSCORES')
	redis.call('ZADD', p .. 'tenants:' .. lane, 'NX', first[2] or 0, tenant)
end

local function uncap(tenant)
	local lanes = redis.call('SMEMBERS', p .. 'lanes')
	lanes[#lanes + 1] = '-'
	redis.call('SREM', p .. 'capped', tenant)
	for _, lane in ipairs(lanes) do
		if redis.call('EXISTS', p .. 'ready:' .. lane .. ':' .. tenant) == 1 then
			activate(lane, tenant)
		end
	end
end

-- Put one job back; false when it is not ours to move.
local function back(id, taken_over, new_lane)
	if not redis.call('ZSCORE', held, id) then
		return false
	end
	local job = redis.call('HGET', jobs, id)
	if not job or #job < HEAD_LEN or string.byte(job) ~= 1 then
		return false
	end
	local version, moment, kind, priority, wake, attempt, requeues, lane_len, cohort_len,
		tenant_len, from_len, run_len, payload_len = struct.unpack(HEAD, job)
	local at = HEAD_LEN + 1
	local lane = string.sub(job, at, at + lane_len - 1)
	at = at + lane_len
	local tenant = string.sub(job, at, at + tenant_len - 1)
	at = at + tenant_len
	local from = string.sub(job, at, at + from_len - 1)
	at = at + from_len
	local run = string.sub(job, at, at + run_len - 1)
	local payload = string.sub(job, at + run_len + cohort_len)
	if new_lane ~= '' then
		lane = new_lane
	end
	if taken_over == '1' then
		from = me
	end
	redis.call('HSET', jobs, id, struct.pack(HEAD, version, moment, kind, priority, wake,
		attempt, requeues, #lane, 0, #tenant, #from, run_len, payload_len)
		.. lane .. tenant .. from .. run .. payload)
	redis.call('ZREM', held, id)
	redis.call('ZADD', p .. 'ready:' .. lane .. ':' .. tenant, moment - priority * 60000, id)
	if lane ~= '-' then
		redis.call('SADD', p .. 'lanes', lane)
	end
	count(p .. 'queued', tenant, 1)
	local left = count(p .. 'running', tenant, -1)
	if redis.call('SISMEMBER', p .. 'capped', tenant) == 1 then
		local limits = redis.call('HGET', p .. 'limits', tenant)
		local running_max = tonumber(string.match(limits or '', '^%d+') or 0)
		if running_max == 0 or left < running_max then
			uncap(tenant)
		end
	else
		activate(lane, tenant)
	end
	return true
end

local returned = 0
for i = 2, #ARGV, 3 do
	if back(ARGV[i], ARGV[i + 1], ARGV[i + 2]) then
		returned = returned + 1
	end
end
if returned > 0 then
	count(p .. 'queued', '*', returned)
	count(p .. 'running', '*', -returned)
	local tokens = math.max(1, redis.call('SCARD', p .. 'workers'))
	tokens = math.min(tokens, returned, 64) - redis.call('LLEN', p .. 'bell')
	for _ = 1, tokens do
		redis.call('LPUSH', p .. 'bell', '1')
	end
end
return returned
