-- why.lua - where a job stands, and what keeps its tenant
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  job id
-- ARGV[2]  tenant (key form)
-- ARGV[3]  lane
-- ARGV[4]  run_id of the server that the caller believes to speak to
--
-- Returns {place, ahead, running, running_max, capped, open, waiting, tenants}. place: 0
-- nowhere, 1 ready, 2 held, 3 delayed, 4 quarantine. ahead: entries of this tenant and lane
-- before it, when it is ready. running: what workers hold of the tenant; running_max 0: no
-- limit. waiting: all that waits in the queue; tenants: how many have something ready in
-- this lane. Changes nothing.

local p = KEYS[1]
local id, tenant, lane = ARGV[1], ARGV[2], ARGV[3]
local lineage = redis.call('GET', p .. 'lineage')
local running_max = string.match(redis.call('HGET', p .. 'limits', tenant) or '', '^(%d+) ')
local place, ahead = 0, redis.call('ZRANK', p .. 'ready:' .. lane .. ':' .. tenant, id)

if ahead then
	place = 1
elseif redis.call('ZSCORE', p .. 'delayed', id) then
	place = 3
elseif redis.call('ZSCORE', p .. 'quarantine', id) then
	place = 4
elseif redis.call('HEXISTS', p .. 'jobs', id) == 1 then
	place = 2
end
return {
	place,
	ahead or 0,
	tonumber(redis.call('HGET', p .. 'running', tenant) or 0),
	tonumber(running_max or 0),
	redis.call('SISMEMBER', p .. 'capped', tenant),
	(lineage and string.match(lineage, ':(.*)$') == ARGV[4]) and 1 or 0,
	tonumber(redis.call('HGET', p .. 'queued', '*') or 0),
	redis.call('ZCARD', p .. 'tenants:' .. lane),
}
