-- stats.lua - how full the queue is
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  run_id of the server that the caller believes to speak to
--
-- Returns {now_ms, unfinished, held, admitted, delayed, quarantine, workers, tenants,
-- capped, oldest_ms, paused, open}: entries of `jobs`, then how many of them are held,
-- reservations that have not run out, and so on; oldest_ms is the age of the longest
-- waiting of the entries that are next for the first 100 tenants of each lane.
-- Changes nothing.

local p = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lineage = redis.call('GET', p .. 'lineage')
local lanes = redis.call('SMEMBERS', p .. 'lanes')
local tenants, oldest = 0, now

lanes[#lanes + 1] = '-'
for _, lane in ipairs(lanes) do
	tenants = tenants + redis.call('ZCARD', p .. 'tenants:' .. lane)
	for _, tenant in ipairs(redis.call('ZRANGE', p .. 'tenants:' .. lane, 0, 99)) do
		local id = redis.call('ZRANGE', p .. 'ready:' .. lane .. ':' .. tenant, 0, 0)[1]
		local job = id and redis.call('HGET', p .. 'jobs', id)
		if job and #job > 9 and string.byte(job) == 1 then
			oldest = math.min(oldest, (struct.unpack('<i8', job, 2)))
		end
	end
end
return {
	now,
	redis.call('HLEN', p .. 'jobs'),
	tonumber(redis.call('HGET', p .. 'running', '*') or 0),
	redis.call('ZCOUNT', p .. 'admitted', now, '+inf'),
	redis.call('ZCARD', p .. 'delayed'),
	redis.call('ZCARD', p .. 'quarantine'),
	redis.call('SCARD', p .. 'workers'),
	tenants,
	redis.call('SCARD', p .. 'capped'),
	now - oldest,
	redis.call('EXISTS', p .. 'paused'),
	(lineage and string.match(lineage, ':(.*)$') == ARGV[1]) and 1 or 0,
}
