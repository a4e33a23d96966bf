-- requeue.lua - what a dead incarnation holds goes back, a piece at a time
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  the dead incarnation
-- ARGV[2]  entries to move at most, 1..200
-- ARGV[3]  requeues that send an entry to the quarantine lane
-- then per job that is not to go where the others go: id, verdict: "quarantine" (a suspect),
--          "cohort <score> <name>" (one of several suspects, which are claimed together),
--          "keep" (not decided yet: it stays held) or "drop" (its run is over)
--
-- Returns {ready, quarantined, dropped, unreadable, kept, left}: what this call moved, then
-- what is still held: entries to keep, and entries for the next call. When both are 0 the
-- incarnation is out of `workers`, its heartbeat key and its mail are gone.
--
-- Before: nobody works on these entries any more. After, for each one moved: held -> ready
-- with its old score, or -> quarantine (the members of a cohort in one call, with one score,
-- so that they stand together); `from` is the dead incarnation, the cohort the one given or
-- none, and requeues one more (0 again in quarantine); running and queued follow; its tenant
-- can be served; the bell has tokens. Each move is conditional on the entry being held by the incarnation, so whoever
-- calls again, or beside, does no harm. What cannot be read is dropped: its row brings it
-- back in a form that we know.
--
-- The packed form is laid out in queue_job.c.

local p = KEYS[1]
local dead = ARGV[1]
local most = tonumber(ARGV[2])
local requeues_max = tonumber(ARGV[3])
local jobs = p .. 'jobs'
local held = p .. 'held:' .. dead
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

-- One less of this tenant runs.
local function less(tenant)
	local left = count(p .. 'running', tenant, -1)
	count(p .. 'running', '*', -1)
	if redis.call('SISMEMBER', p .. 'capped', tenant) == 1 then
		local limits = redis.call('HGET', p .. 'limits', tenant)
		local running_max = tonumber(string.match(limits or '', '^%d+') or 0)
		if running_max == 0 or left < running_max then
			uncap(tenant)
		end
	end
end

local verdicts, kept, cohorts = {}, 0, {}
for i = 4, #ARGV, 2 do
	verdicts[ARGV[i]] = ARGV[i + 1]
	if ARGV[i + 1] == 'keep' and redis.call('ZSCORE', held, ARGV[i]) then
		kept = kept + 1
	elseif string.sub(ARGV[i + 1], 1, 7) == 'cohort ' then
		cohorts[#cohorts + 1] = ARGV[i]
	end
end

local ready, quarantined, dropped, unreadable = 0, 0, 0, 0

local function move(id)
	local job = redis.call('HGET', jobs, id)
	redis.call('ZREM', held, id)
	if not job or #job < HEAD_LEN or string.byte(job) ~= 1 then
		redis.call('HDEL', jobs, id)
		count(p .. 'running', '*', -1) -- whose it was nobody knows: the recount does
		unreadable = unreadable + 1
		return
	end
	local version, moment, kind, priority, wake, attempt, requeues, lane_len, cohort_len,
		tenant_len, from_len, run_len, payload_len = struct.unpack(HEAD, job)
	local at = HEAD_LEN + 1
	local lane = string.sub(job, at, at + lane_len - 1)
	local tenant = string.sub(job, at + lane_len, at + lane_len + tenant_len - 1)
	at = at + lane_len + tenant_len + from_len
	local run = string.sub(job, at, at + run_len - 1)
	local payload = string.sub(job, at + run_len + cohort_len)
	local verdict = verdicts[id]

	if verdict == 'drop' then
		redis.call('HDEL', jobs, id)
		less(tenant)
		dropped = dropped + 1
		return
	end
	local score = moment - priority * 60000
	local cohort_score, cohort = string.match(verdict or '', '^cohort (%d+) (.+)$')
	requeues = requeues + 1
	if cohort or verdict == 'quarantine' or requeues >= requeues_max then
		verdict = 'quarantine'
		score = cohort_score or score
		requeues = 0
	end
	cohort = cohort or ''
	redis.call('HSET', jobs, id, struct.pack(HEAD, version, moment, kind, priority, wake,
		attempt, requeues, lane_len, #cohort, tenant_len, #dead, run_len, payload_len)
		.. lane .. tenant .. dead .. run .. cohort .. payload)
	if verdict == 'quarantine' then
		redis.call('ZADD', p .. 'quarantine', score, id)
		quarantined = quarantined + 1
	else
		redis.call('ZADD', p .. 'ready:' .. lane .. ':' .. tenant, score, id)
		if lane ~= '-' then
			redis.call('SADD', p .. 'lanes', lane)
		end
		if redis.call('SISMEMBER', p .. 'capped', tenant) == 0 then
			activate(lane, tenant)
		end
		ready = ready + 1
	end
	count(p .. 'queued', tenant, 1)
	count(p .. 'queued', '*', 1)
	less(tenant)
end

local moved = 0
for _, id in ipairs(cohorts) do -- whatever the piece: who claims must see all or none
	if redis.call('ZSCORE', held, id) then
		move(id)
		moved = moved + 1
	end
end
for _, id in ipairs(redis.call('ZRANGE', held, 0, most + kept - 1)) do
	if verdicts[id] ~= 'keep' and moved < most then
		move(id)
		moved = moved + 1
	end
end

local left = redis.call('ZCARD', held) - kept
if left + kept == 0 then
	redis.call('SREM', p .. 'workers', dead)
	redis.call('DEL', p .. 'alive:' .. dead, p .. 'mail:' .. dead)
end
if ready > 0 then
	local tokens = math.max(1, redis.call('SCARD', p .. 'workers'))
	tokens = math.min(tokens, ready, 64) - redis.call('LLEN', p .. 'bell')
	for _ = 1, tokens do
		redis.call('LPUSH', p .. 'bell', '1')
	end
end
return { ready, quarantined, dropped, unreadable, kept, left }
