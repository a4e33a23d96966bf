-- enqueue.lua - turn committed runs into entries that can be claimed
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV     per group: tenant (key form), lane, priority, weight of the tenant, running_max
--          of the tenant (0: no limit), enqueue_ms (0: now), n, then n times: job id,
--          packed job behind its enqueue moment (queue_job.c)
--
-- Returns {now_ms, added}.
--
-- Before: the rows of these runs are committed. After: each job is in `jobs` and in exactly
-- one place; one that was known already stays as it was, wherever it is, so a second call
-- changes nothing. Its reservation is used up. A tenant with ready entries is in
-- `tenants:<lane>`, entering at the least virtual time there, unless it is in `capped`.
-- The bell has a token for each worker that could be needed, 64 at most.

local p = KEYS[1]
local jobs = p .. 'jobs'
local limits = p .. 'limits'
local capped = p .. 'capped'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function count(tenant, change)
	if change ~= 0 and redis.call('HINCRBY', p .. 'queued', tenant, change) <= 0 then
		redis.call('HDEL', p .. 'queued', tenant)
	end
end

local function activate(lane, tenant)
	local first = redis.call('ZRANGE', p .. 'tenants:' .. lane, 0, 0, 'WITHSCORES')
	redis.call('ZADD', p .. 'tenants:' .. lane, 'NX', first[2] or 0, tenant)
end

local function uncap(tenant)
	local lanes = redis.call('SMEMBERS', p .. 'lanes')
	lanes[#lanes + 1] = '-'
	redis.call('SREM', capped, tenant)
	for _, lane in ipairs(lanes) do
		if redis.call('EXISTS', p .. 'ready:' .. lane .. ':' .. tenant) == 1 then
			activate(lane, tenant)
		end
	end
end

-- Remember the limits of a tenant; the default (none, weight 1) takes no memory.
local function limit(tenant, running_max, weight)
	local wanted = running_max .. ' ' .. weight
	local have = redis.call('HGET', limits, tenant)
	if wanted == '0 1' then
		if have then
			redis.call('HDEL', limits, tenant)
		end
	elseif have ~= wanted then
		redis.call('HSET', limits, tenant, wanted)
	end
end

local added, waiting = 0, 0
local i = 1
while ARGV[i] do
	local tenant, lane = ARGV[i], ARGV[i + 1]
	local running_max = tonumber(ARGV[i + 4])
	local moment = tonumber(ARGV[i + 5])
	local n = tonumber(ARGV[i + 6])
	local ids, reservations, set, ready = {}, {}, {}, {}
	if moment == 0 then
		moment = now
	end
	local score = moment - tonumber(ARGV[i + 2]) * 60000
	local head = string.char(1) .. struct.pack('<i8', moment)

	for j = 1, n do
		ids[j] = ARGV[i + 5 + 2 * j]
		reservations[j] = tenant .. '/' .. ids[j]
	end
	local known = redis.call('HMGET', jobs, unpack(ids))
	for j = 1, n do
		if not known[j] then
			set[#set + 1] = ids[j]
			set[#set + 1] = head .. ARGV[i + 6 + 2 * j]
			ready[#ready + 1] = score
			ready[#ready + 1] = ids[j]
		end
	end
	limit(tenant, ARGV[i + 4], ARGV[i + 3])
	local new = 0
	if #set > 0 then
		new = redis.call('HSET', jobs, unpack(set))
		redis.call('ZADD', p .. 'ready:' .. lane .. ':' .. tenant, unpack(ready))
		if lane ~= '-' then
			redis.call('SADD', p .. 'lanes', lane)
		end
	end
	local used = redis.call('ZREM', p .. 'admitted', unpack(reservations))
	count(tenant, new - used)
	waiting = waiting + new - used
	added = added + new

	if redis.call('SISMEMBER', capped, tenant) == 1 then
		local running = tonumber(redis.call('HGET', p .. 'running', tenant) or 0)
		if running_max == 0 or running < running_max then
			uncap(tenant)
		end
	elseif new > 0 then
		activate(lane, tenant)
	end
	i = i + 7 + 2 * n
end
count('*', waiting)

if added > 0 then
	local tokens = math.max(1, redis.call('SCARD', p .. 'workers'))
	tokens = math.min(tokens, added, 64) - redis.call('LLEN', p .. 'bell')
	for _ = 1, tokens do
		redis.call('LPUSH', p .. 'bell', '1')
	end
end
return { now, added }
