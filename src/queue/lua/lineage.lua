-- lineage.lua - open the queue for claims on this server
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  run_id of this server, as the caller's connection has seen it
--
-- Returns {lineage, changed}. After: `lineage` is "<n>:<run_id>" with this server's run_id:
-- 1 when there was none, the next number when it named another server, unchanged when it
-- named this one.

local key = KEYS[1] .. 'lineage'
local now = redis.call('GET', key)
local n, run_id = string.match(now or '', '^(%d+):(.*)$')

if run_id == ARGV[1] then
	return { now, 0 }
end
now = string.format('%d:%s', (tonumber(n) or 0) + 1, ARGV[1])
redis.call('SET', key, now)
return { now, 1 }
