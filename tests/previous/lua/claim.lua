-- claim.lua - drop ended jobs, refresh the heartbeat, read the mail, take ready jobs
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  incarnation of the worker process
-- ARGV[2]  ms that its heartbeat key lasts
-- ARGV[3]  want: how many jobs to take at most, 0..200
-- ARGV[4]  run_id of the server that the worker believes to speak to
-- ARGV[5]  number of lanes, then the lanes in order of preference; "quarantine" is the lane
--          of suspects, all tenants together, oldest first: one of them, or one cohort
-- then per tenant: tenant (key form), n, then n ids of ended jobs
--
-- Returns {now_ms, flags, events_ttl_ms, recovering, finished, dropped, mail, jobs}.
-- flags: 1 refused (no lineage, or another server's), 2 paused, 4 want was filled, or many
-- tenants were met that had nothing to give: call again. mail: up to 200 texts. jobs, flat:
-- tenant, n, then n times id, packed job.
--
-- Before and after: a job is in exactly one place; running[tenant] counts what is held of
-- a tenant and queued[tenant] what waits, their fields '*' the sums; a tenant at its limit
-- is in `capped` and in no `tenants:<lane>`; every other one with ready entries is. Who
-- holds something is in `workers`. An ended job leaves only if this incarnation held it.
--
-- Fairness: tenants are served from the least virtual time up, which grows by jobs taken
-- over weight. Each gets its share of what is wanted; what some cannot use goes round
-- again. One call per tenant served, whatever the number of jobs.

local p = KEYS[1]
local me = ARGV[1]
local want = tonumber(ARGV[3])
local jobs = p .. 'jobs'
local held = p .. 'held:' .. me
local running = p .. 'running'
local queued = p .. 'queued'
local limits = p .. 'limits'
local capped = p .. 'capped'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Add changes[tenant] to the counters of a hash, all in one go; the new values by tenant.
local function count(key, changes)
	local names, values, set, gone = {}, {}, {}, {}
	for name in pairs(changes) do
		names[#names + 1] = name
	end
	if #names == 0 then
		return values
	end
	local old = redis.call('HMGET', key, unpack(names))
	for i, name in ipairs(names) do
		values[name] = tonumber(old[i] or 0) + changes[name]
		if values[name] > 0 then
			set[#set + 1] = name
			set[#set + 1] = values[name]
		else
			gone[#gone + 1] = name
		end
	end
	if #set > 0 then
		redis.call('HSET', key, unpack(set))
	end
	if #gone > 0 then
		redis.call('HDEL', key, unpack(gone))
	end
	return values
end

local function add(changes, tenant, change)
	changes[tenant] = (changes[tenant] or 0) + change
	changes['*'] = (changes['*'] or 0) + change
end

local function all_lanes()
	local lanes = redis.call('SMEMBERS', p .. 'lanes')
	lanes[#lanes + 1] = '-'
	return lanes
end

local function limits_of(text)
	local running_max, weight = string.match(text or '', '^(%d+) (%d+)$')
	return tonumber(running_max or 0), tonumber(weight or 1)
end

local function cap(tenant)
	redis.call('SADD', capped, tenant)
	for _, lane in ipairs(all_lanes()) do
		redis.call('ZREM', p .. 'tenants:' .. lane, tenant)
	end
end

local function uncap(tenant)
	redis.call('SREM', capped, tenant)
	for _, lane in ipairs(all_lanes()) do
		if redis.call('EXISTS', p .. 'ready:' .. lane .. ':' .. tenant) == 1 then
			local tenants = p .. 'tenants:' .. lane
			local first = redis.call('ZRANGE', tenants, 0, 0, 'WITHSCORES')
			redis.call('ZADD', tenants, 'NX', first[2] or 0, tenant)
		end
	end
end

-- Some of these were not held here. What nobody else has either is dropped.
local function drop_unless_elsewhere(tenant, ids)
	local places = { p .. 'delayed', p .. 'quarantine' }
	for _, lane in ipairs(all_lanes()) do
		places[#places + 1] = p .. 'ready:' .. lane .. ':' .. tenant
	end
	for _, worker in ipairs(redis.call('SMEMBERS', p .. 'workers')) do
		places[#places + 1] = p .. 'held:' .. worker
	end
	for _, id in ipairs(ids) do
		local found = redis.call('HEXISTS', jobs, id) == 0
		for _, place in ipairs(places) do
			found = found or redis.call('ZSCORE', place, id)
		end
		if not found then
			redis.call('HDEL', jobs, id)
		end
	end
end

-- Ended jobs leave.
local finished = 0
local done, left = {}, {}
local i = 6 + tonumber(ARGV[5])
while ARGV[i] do
	local tenant, n = ARGV[i], tonumber(ARGV[i + 1])
	local ids = { unpack(ARGV, i + 2, i + 1 + n) }
	local gone = redis.call('ZREM', held, unpack(ids))
	if gone == n then
		for _, id in ipairs(ids) do
			done[#done + 1] = id
		end
	else
		drop_unless_elsewhere(tenant, ids)
	end
	if gone > 0 then
		add(left, tenant, -gone)
		finished = finished + gone
	end
	i = i + 2 + n
end
if #done > 0 then
	redis.call('HDEL', jobs, unpack(done))
end
left = count(running, left)
if finished > 0 and redis.call('EXISTS', capped) == 1 then
	for tenant, n in pairs(left) do
		if redis.call('SISMEMBER', capped, tenant) == 1 then
			local running_max = limits_of(redis.call('HGET', limits, tenant))
			if running_max == 0 or n < running_max then
				uncap(tenant)
			end
		end
	end
end

-- The heartbeat key keeps its value: the number of the last recovery it took part in.
if redis.call('PEXPIRE', p .. 'alive:' .. me, ARGV[2]) == 0 then
	redis.call('SET', p .. 'alive:' .. me, '0', 'PX', ARGV[2])
end

local mail = redis.call('LRANGE', p .. 'mail:' .. me, 0, 199)
if #mail > 0 then
	redis.call('LTRIM', p .. 'mail:' .. me, #mail, -1)
end

local state = redis.call('MGET', p .. 'lineage', p .. 'paused', p .. 'recovering',
	p .. 'events_ttl')
local refused = not state[1] or string.match(state[1], ':(.*)$') ~= ARGV[4]
local flags = (refused and 1 or 0) + (state[2] and 2 or 0)
local taken = {} -- {tenant, ids}: what was popped, by tenant
local dropped = 0
local LOOKED_MAX = 200 -- tenants that have nothing, in one call

-- Returns how many tenants were looked at if there may be others that have something: each
-- of these has left the lane, or leaves it when it is met again.
local function take(lane)
	local tenants = p .. 'tenants:' .. lane
	local page = want
	local rows = redis.call('ZRANGE', tenants, 0, page - 1, 'WITHSCORES')
	if #rows == 0 then
		return nil
	end
	local names, served = {}, {}
	for j = 1, #rows, 2 do
		names[#names + 1] = rows[j]
	end
	local known = redis.call('HMGET', limits, unpack(names))
	for j, name in ipairs(names) do
		local running_max, weight = limits_of(known[j])
		local room = want
		if running_max > 0 then
			room = running_max - tonumber(redis.call('HGET', running, name) or 0)
			for _, one in ipairs(taken) do -- by a lane before this one
				if one.name == name then
					room = room - #one.ids
				end
			end
		end
		if room > 0 then
			served[#served + 1] = { name = name, ready = p .. 'ready:' .. lane .. ':' .. name,
				weight = weight, running_max = running_max, room = room,
				time = tonumber(rows[2 * j]), ids = {} }
		else
			cap(name)
		end
	end

	local moved, empty, round = {}, {}, served
	while want > 0 and #round > 0 do
		local again, weights, wanted = {}, 0, want
		for _, one in ipairs(round) do
			weights = weights + one.weight
		end
		for _, one in ipairs(round) do
			local share = math.min(math.ceil(wanted * one.weight / weights), want, one.room)
			if share > 0 then
				local got = redis.call('ZPOPMIN', one.ready, share)
				for j = 1, #got, 2 do
					one.ids[#one.ids + 1] = got[j]
				end
				got = #got / 2
				want = want - got
				one.room = one.room - got
				one.time = one.time + got / one.weight
				if got < share then
					empty[#empty + 1] = one.name
				elseif one.running_max > 0 and one.room == 0 then
					one.full = true
				else
					again[#again + 1] = one
				end
				one.stays = got == share and not one.full
			end
		end
		round = again
	end
	for _, one in ipairs(served) do
		if #one.ids > 0 then
			taken[#taken + 1] = one
			if one.stays then
				moved[#moved + 1] = one.time
				moved[#moved + 1] = one.name
			end
		end
	end
	if #empty > 0 then
		redis.call('ZREM', tenants, unpack(empty))
	end
	if #moved > 0 then
		redis.call('ZADD', tenants, unpack(moved))
	end
	return want > 0 and #names == page and page or nil
end

-- One suspect whose tenant has room (of the first 200), or its cohort: those of the same
-- name, which have the same score, as far as their tenants have room. What has none stays
-- for the next claim: that cohort was then halved by a limit and not by a death.
local SUSPECTS = p .. 'quarantine'

local function room_for(name)
	local running_max = limits_of(redis.call('HGET', limits, name))
	local n = tonumber(redis.call('HGET', running, name) or 0)
	for _, one in ipairs(taken) do
		if one.name == name then
			n = n + #one.ids
		end
	end
	return running_max == 0 or n < running_max, running_max
end

-- Tenant and cohort of a suspect; nil: it cannot be read and is gone.
local function suspect(id)
	local job = redis.call('HGET', jobs, id)
	if not job or #job < 35 or string.byte(job) ~= 1 then
		redis.call('ZREM', SUSPECTS, id)
		redis.call('HDEL', jobs, id)
		dropped = dropped + 1
		return nil
	end
	local lane_len, cohort_len, tenant_len, from_len, run_len =
		struct.unpack('<BBHHH', job, 24)
	local at = 36 + lane_len
	local cohort_at = at + tenant_len + from_len + run_len
	return string.sub(job, at, at + tenant_len - 1),
		string.sub(job, cohort_at, cohort_at + cohort_len - 1)
end

local function take_suspect(id, name)
	local room, running_max = room_for(name)
	if not room or want == 0 then
		return false
	end
	redis.call('ZREM', SUSPECTS, id)
	taken[#taken + 1] = { name = name, ids = { id }, running_max = running_max,
		full = running_max > 0 }
	want = want - 1
	return true
end

local function take_suspects()
	local rows = redis.call('ZRANGE', SUSPECTS, 0, 199, 'WITHSCORES')
	for j = 1, #rows, 2 do
		local name, cohort = suspect(rows[j])
		if name and take_suspect(rows[j], name) then
			if cohort ~= '' then
				local score = rows[j + 1]
				for _, id in ipairs(redis.call('ZRANGEBYSCORE', SUSPECTS, score, score,
					'LIMIT', 0, 400)) do
					local other, its = suspect(id)
					if other and its == cohort then
						take_suspect(id, other)
					end
				end
			end
			want = 0
			return
		end
	end
end

if flags == 0 and want > 0 then
	local looked = 0
	for j = 1, tonumber(ARGV[5]) do
		if want > 0 and ARGV[5 + j] == 'quarantine' then
			take_suspects()
		elseif want > 0 then
			local page
			repeat
				page = take(ARGV[5 + j])
				looked = looked + (page or 0)
			until not page or looked >= LOOKED_MAX
		end
	end
	if want == 0 or looked >= LOOKED_MAX then
		flags = 4
	end
end

local reply = {}
if #taken > 0 then
	local ids, hold, fewer, more = {}, {}, {}, {}
	for _, one in ipairs(taken) do
		for _, id in ipairs(one.ids) do
			ids[#ids + 1] = id
		end
	end
	local packed = redis.call('HMGET', jobs, unpack(ids))
	local at = 0
	for _, one in ipairs(taken) do
		local mark = #reply + 2
		local n = 0
		reply[mark - 1] = one.name
		reply[mark] = 0
		for _, id in ipairs(one.ids) do
			at = at + 1
			if packed[at] then
				n = n + 1
				reply[#reply + 1] = id
				reply[#reply + 1] = packed[at]
				hold[#hold + 1] = now
				hold[#hold + 1] = id
			end
		end
		reply[mark] = n
		dropped = dropped + #one.ids - n
		add(fewer, one.name, -#one.ids)
		if n > 0 then
			add(more, one.name, n)
		end
	end
	count(queued, fewer)
	if #hold > 0 then
		redis.call('ZADD', held, unpack(hold))
		redis.call('SADD', p .. 'workers', me)
	end
	left = count(running, more)
	for _, one in ipairs(taken) do
		if one.full and (left[one.name] or 0) >= one.running_max then
			cap(one.name)
		elseif one.full and redis.call('SISMEMBER', capped, one.name) == 1 then
			uncap(one.name) -- some of its entries were none
		end
	end
end

return { now, flags, tonumber(state[4] or 0), tonumber(state[3] or 0), finished, dropped, mail,
	reply }
