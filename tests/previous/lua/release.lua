-- release.lua - give reservations back that will not be used
--
-- KEYS[1]  prefix of the queue's keys, "synapse:q:{Q}:"
-- ARGV     per tenant: tenant (key form), n, then n job ids
--
-- Returns the number of reservations that were still there.
-- Before and after: queued[tenant] and queued['*'] count what is reserved or waits.

local p = KEYS[1]
local released = 0
local i = 1

local function count(tenant, change)
	if change ~= 0 and redis.call('HINCRBY', p .. 'queued', tenant, change) <= 0 then
		redis.call('HDEL', p .. 'queued', tenant)
	end
end

while ARGV[i] do
	local tenant, n = ARGV[i], tonumber(ARGV[i + 1])
	local members = {}
	for j = 1, n do
		members[j] = tenant .. '/' .. ARGV[i + 1 + j]
	end
	local gone = redis.call('ZREM', p .. 'admitted', unpack(members))
	count(tenant, -gone)
	released = released + gone
	i = i + 2 + n
end
count('*', -released)
return released
