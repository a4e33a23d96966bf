-- raise.lua - a queue has lived a second longer, or Redis has lost writes
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV[1]  run_id of this server, as the caller's connection has seen it
-- ARGV[2]  the highest number that this lineage is known to have had
--
-- Returns {n, lost}. lost 0: `lineage` was this server's and not lower than known; after, it
-- is n, one more. Else writes are lost, and why: 1 there is no lineage, 2 it is lower, 3 it
-- names another server; after, there is none, so nothing is claimed.

local key = KEYS[1] .. 'lineage'
local n, run_id = string.match(redis.call('GET', key) or '', '^(%d+):(.*)$')
local lost = 0

n = tonumber(n)
if not n then
	lost = 1
elseif run_id ~= ARGV[1] then
	lost = 3
elseif n < tonumber(ARGV[2]) then
	lost = 2
end
if lost > 0 then
	redis.call('DEL', key)
	return { n or 0, lost }
end
redis.call('SET', key, string.format('%d:%s', n + 1, run_id))
return { n + 1, 0 }
