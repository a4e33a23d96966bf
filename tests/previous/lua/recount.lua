-- recount.lua - do the counters say what there is? If not, they are made to
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  entries to read at most, 0: as many as there are
--
-- Returns {drift, read, whole}: numbers and places of tenants that were wrong, entries read,
-- 1 if all that has to be read was read.
--
-- What is held, delayed, suspected and reserved names its tenant only in its job, so it is
-- read one by one; what is ready is counted where it stands. When there is more to read than
-- allowed, only the sums are compared, whole is 0 and nothing is changed.
--
-- After, if whole: running, queued, capped and tenants:<lane> follow from the entries, and
-- an entry whose job is gone is in no place. A count over several calls would count nothing,
-- since entries move meanwhile: so all of it is read in one call, and the caller allows that
-- only after lost writes, while nothing is claimed, or when the sums are wrong.

local p = KEYS[1]
local most = tonumber(ARGV[1])
local jobs, capped, limits = p .. 'jobs', p .. 'capped', p .. 'limits'
local lanes = redis.call('SMEMBERS', p .. 'lanes')
local workers = redis.call('SMEMBERS', p .. 'workers')
local drift, read = 0, 0

lanes[#lanes + 1] = '-'

local function hash(key)
	local flat, values = redis.call('HGETALL', key), {}
	for i = 1, #flat, 2 do
		values[flat[i]] = tonumber(flat[i + 1])
	end
	return values
end

local is_running, is_queued = hash(p .. 'running'), hash(p .. 'queued')
local is_capped, tenants, served = {}, {}, {}
for _, tenant in ipairs(redis.call('SMEMBERS', capped)) do
	is_capped[tenant] = true
	tenants[tenant] = true
end
for _, values in ipairs({ is_running, is_queued }) do
	for tenant in pairs(values) do
		tenants[tenant] = true
	end
end
for _, lane in ipairs(lanes) do
	served[lane] = {}
	for _, tenant in ipairs(redis.call('ZRANGE', p .. 'tenants:' .. lane, 0, -1)) do
		served[lane][tenant] = true
		tenants[tenant] = true
	end
end
tenants['*'] = nil

local function total(key)
	return redis.call('ZCARD', key)
end

local held, apart = 0, 0
for _, worker in ipairs(workers) do
	held = held + total(p .. 'held:' .. worker)
end
for _, place in ipairs({ 'delayed', 'quarantine', 'admitted' }) do
	apart = apart + total(p .. place)
end

local running, queued = { ['*'] = 0 }, { ['*'] = 0 }
local function add(counts, tenant, n)
	counts[tenant] = (counts[tenant] or 0) + n
	counts['*'] = counts['*'] + n
	tenants[tenant] = true
end

local function sum(values)
	local all = 0
	for tenant, n in pairs(values) do
		if tenant ~= '*' then
			all = all + n
		end
	end
	return all
end

-- Each tenant's ready entries, and whether it is where claims look for it.
local function ready(tenant, lane)
	local n = total(p .. 'ready:' .. lane .. ':' .. tenant)
	if n > 0 then
		add(queued, tenant, n)
	end
	return n
end

-- The tenants of the entries in one place, by their jobs; entries without one go.
local function count_place(key, counts)
	local all = redis.call('ZRANGE', key, 0, -1)
	for i = 1, #all, 200 do
		local ids = { unpack(all, i, math.min(i + 199, #all)) }
		for j, job in ipairs(redis.call('HMGET', jobs, unpack(ids))) do
			if job and #job >= 35 and string.byte(job) == 1 then
				local lane_len, tenant_len = string.byte(job, 24), (struct.unpack('<H', job, 26))
				add(counts, string.sub(job, 36 + lane_len, 35 + lane_len + tenant_len), 1)
			elseif not job then
				redis.call('ZREM', key, ids[j])
				drift = drift + 1
			end
		end
	end
	read = read + #all
end

local whole = most == 0 or held + apart <= most
if not whole then
	local waits = 0
	for tenant in pairs(tenants) do
		for _, lane in ipairs(lanes) do
			local n = total(p .. 'ready:' .. lane .. ':' .. tenant)
			waits = waits + n
			if n > 0 and not served[lane][tenant] and not is_capped[tenant] then
				drift = drift + 1
			end
		end
	end
	for _, pair in ipairs({ { is_running, held }, { is_queued, waits + apart } }) do
		if (pair[1]['*'] or 0) ~= pair[2] or sum(pair[1]) ~= pair[2] then
			drift = drift + 1
		end
	end
	return { drift, 0, 0 }
end

for _, worker in ipairs(workers) do
	count_place(p .. 'held:' .. worker, running)
end
count_place(p .. 'delayed', queued)
count_place(p .. 'quarantine', queued)
for _, member in ipairs(redis.call('ZRANGE', p .. 'admitted', 0, -1)) do
	add(queued, string.match(member, '^[^/]*'), 1)
	read = read + 1
end
local waiting = {}
for tenant in pairs(tenants) do
	waiting[#waiting + 1] = tenant
end
local has_ready = {}
for _, tenant in ipairs(waiting) do
	for _, lane in ipairs(lanes) do
		if ready(tenant, lane) > 0 then
			has_ready[#has_ready + 1] = { tenant, lane }
		end
	end
end

local function correct(key, is, should)
	for tenant in pairs(is) do
		should[tenant] = should[tenant] or 0
	end
	for tenant, n in pairs(should) do
		if (is[tenant] or 0) ~= n or (n == 0 and is[tenant]) then
			drift = drift + 1
			if n > 0 then
				redis.call('HSET', key, tenant, n)
			else
				redis.call('HDEL', key, tenant)
			end
		end
	end
end
correct(p .. 'running', is_running, running)
correct(p .. 'queued', is_queued, queued)

for tenant in pairs(is_capped) do
	local max = tonumber(string.match(redis.call('HGET', limits, tenant) or '', '^%d+') or 0)
	if max == 0 or (running[tenant] or 0) < max then
		redis.call('SREM', capped, tenant)
		is_capped[tenant] = nil
		drift = drift + 1
	end
end
for _, one in ipairs(has_ready) do
	local tenant, lane = one[1], one[2]
	local key = p .. 'tenants:' .. lane
	if is_capped[tenant] and served[lane][tenant] then
		redis.call('ZREM', key, tenant)
		drift = drift + 1
	elseif not is_capped[tenant] and not served[lane][tenant] then
		local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
		redis.call('ZADD', key, 'NX', first[2] or 0, tenant)
		drift = drift + 1
	end
end
return { drift, read, 1 }
