-- drop.lua - an entry that waits leaves the queue: its run is over
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  job id
-- ARGV[2]  tenant (key form)
--
-- Returns where it was: "admitted", "ready", "delayed" or "quarantine", and it is gone; or
-- "held": a worker has it, which finds out by itself, and it stays; or "": it is unknown.
--
-- Before: Postgres says that the run has ended. After: queued follows; a tenant without
-- ready entries is in no `tenants:<lane>`.

local p = KEYS[1]
local id, tenant = ARGV[1], ARGV[2]
local jobs = p .. 'jobs'

local function less()
	for _, name in ipairs({ tenant, '*' }) do
		if redis.call('HINCRBY', p .. 'queued', name, -1) <= 0 then
			redis.call('HDEL', p .. 'queued', name)
		end
	end
end

if redis.call('ZREM', p .. 'admitted', tenant .. '/' .. id) == 1 then
	less()
	return 'admitted'
end
local job = redis.call('HGET', jobs, id)
if not job then
	return ''
end
for _, place in ipairs({ 'delayed', 'quarantine' }) do
	if redis.call('ZREM', p .. place, id) == 1 then
		redis.call('HDEL', jobs, id)
		less()
		return place
	end
end
if #job < 35 or string.byte(job) < 1 then
	return '' -- unreadable: who claims it sees
end
local lane = string.sub(job, 36, 35 + string.byte(job, 24))
local ready = p .. 'ready:' .. lane .. ':' .. tenant
if redis.call('ZREM', ready, id) == 0 then
	return 'held'
end
redis.call('HDEL', jobs, id)
less()
if redis.call('EXISTS', ready) == 0 then
	redis.call('ZREM', p .. 'tenants:' .. lane, tenant)
end
return 'ready'
