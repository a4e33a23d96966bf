-- lineage.lua - open the queue for claims on this server
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  run_id of this server, as the caller's connection has seen it
-- ARGV[2]  at the end of a recovery: the highest number that this lineage had; else absent
-- ARGV[3]  with it: number of the recovery
--
-- Returns {lineage, changed}. After: `lineage` is "<n>:<run_id>" with this server's run_id:
-- 1 when there was none, the next number when it named another server, unchanged when it
-- named this one, and never below the next of ARGV[2]. A recovery that is not the newest any
-- more opens nothing: {"", 0}.

local key = KEYS[1] .. 'lineage'
local now = redis.call('GET', key)
local n, run_id = string.match(now or '', '^(%d+):(.*)$')

if ARGV[3] and redis.call('GET', KEYS[1] .. 'recovering') ~= ARGV[3] then
	return { '', 0 }
end
if run_id == ARGV[1] then
	return { now, 0 }
end
now = string.format('%d:%s', math.max(tonumber(n) or 0, tonumber(ARGV[2] or 0)) + 1, ARGV[1])
redis.call('SET', key, now)
return { now, 1 }
