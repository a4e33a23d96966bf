-- admit.lua - reserve places for runs, or say why not
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  depth_max: waiting entries of the whole queue, 0: no limit
-- ARGV[2]  ms that a reservation lasts
-- then per tenant: tenant (key form), interval_us (one run per so many microseconds, 0: no
--          limit), burst (runs at once), queued_max (0: no limit), n, then n job ids
--
-- Returns {now_ms, then per tenant: admitted, reason, retry_after_ms}: the first `admitted`
-- ids are reserved, the others are refused for `reason` (0 none, 1 rate, 2 the tenant's
-- queue is full, 3 the whole queue is full).
--
-- Before and after: queued[tenant] is the number of its reservations and waiting entries,
-- queued['*'] their sum. Reservations that ran out are taken off both here. A repeated
-- call finds its reservations there and counts them once. Rate is GCRA: the key holds the
-- theoretical arrival time of the tenant's next run in microseconds.

local p = KEYS[1]
local admitted = p .. 'admitted'
local queued = p .. 'queued'
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now = math.floor(now_us / 1000)

local function count(tenant, change)
	if change ~= 0 and redis.call('HINCRBY', queued, tenant, change) <= 0 then
		redis.call('HDEL', queued, tenant)
	end
end

local late = redis.call('ZRANGEBYSCORE', admitted, '-inf', now, 'LIMIT', 0, 200)
if #late > 0 then
	local per = {}
	for i = 1, #late do
		local tenant = string.match(late[i], '^[^/]*')
		per[tenant] = (per[tenant] or 0) + 1
	end
	redis.call('ZREM', admitted, unpack(late))
	for tenant, n in pairs(per) do
		count(tenant, -n)
	end
	count('*', -#late)
end

local depth_max = tonumber(ARGV[1])
local ends = now + tonumber(ARGV[2])
local depth = tonumber(redis.call('HGET', queued, '*') or 0)
local reply = { now }
local reserved = 0
local i = 3
while ARGV[i] do
	local tenant = ARGV[i]
	local interval = tonumber(ARGV[i + 1])
	local burst = tonumber(ARGV[i + 2])
	local queued_max = tonumber(ARGV[i + 3])
	local n = tonumber(ARGV[i + 4])
	local take, reason, retry, tat = n, 0, 0, now_us

	if interval > 0 then
		tat = tonumber(redis.call('GET', p .. 'rate:' .. tenant) or 0)
		if tat < now_us then
			tat = now_us
		end
		local fits = math.floor((now_us + burst * interval - tat) / interval)
		if fits < take then
			take, reason = math.max(fits, 0), 1
		end
	end
	if queued_max > 0 then
		local room = queued_max - tonumber(redis.call('HGET', queued, tenant) or 0)
		if room < take then
			take, reason = math.max(room, 0), 2
		end
	end
	if depth_max > 0 and depth_max - depth < take then
		take, reason = math.max(depth_max - depth, 0), 3
	end

	if take > 0 then
		local add = {}
		for j = 1, take do
			add[#add + 1] = ends
			add[#add + 1] = tenant .. '/' .. ARGV[i + 4 + j]
		end
		local new = redis.call('ZADD', admitted, unpack(add))
		count(tenant, new)
		reserved = reserved + new
		depth = depth + new
		if interval > 0 then
			tat = tat + take * interval
			redis.call('SET', p .. 'rate:' .. tenant, tat,
				'PX', math.max(1, math.ceil((tat - now_us) / 1000)))
		end
	end
	if reason == 1 then
		retry = math.max(1, math.ceil((tat + interval - burst * interval - now_us) / 1000))
	elseif reason > 0 then
		retry = 1000
	end
	reply[#reply + 1] = take
	reply[#reply + 1] = reason
	reply[#reply + 1] = retry
	i = i + 5 + n
end
count('*', reserved)
return reply
