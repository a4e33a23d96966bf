-- publish.lua - events of a run that was taken over, into its stream, all or none
--
-- KEYS[1]  the stream
-- KEYS[2]  its fence, "{<stream>}:epoch": the greatest epoch that has published, kept from
--          the second one on
-- ARGV[1]  epoch of the publisher; 0: of no owner, not fenced
-- ARGV[2]  how long both live from now on, in ms
-- ARGV[3]  about so many entries stay
-- ARGV[4]  1: events of this list were refused before while later ones got in
-- ARGV[5...] id, event, id, event, ...: ids rise
--
-- Returns how many entries are new, or -1 when a later epoch has published: nothing is
-- done then. An id that is not above the stream's last is there already and is skipped,
-- but with ARGV[4] what is really missing is put where it belongs: the stream is written
-- anew. After: every event of the list is in the stream, or an error and none that was
-- not, since Redis refuses (memory, replica) a script at its first write.

local stream, fence = KEYS[1], KEYS[2]
local epoch, ttl, most = tonumber(ARGV[1]), ARGV[2], ARGV[3]

if epoch > 0 then
	local newest = tonumber(redis.call('GET', fence) or 0)

	if epoch < newest then
		return -1
	end
	if epoch > 1 then
		redis.call('SET', fence, ARGV[1], 'PX', ttl)
	end
end

local added = 0
local missing = {}

for i = 5, #ARGV, 2 do
	local got = redis.pcall('XADD', stream, 'MAXLEN', '~', most, ARGV[i], 'data', ARGV[i + 1])

	if type(got) ~= 'table' or not got.err then
		added = added + 1
	elseif not string.find(got.err, 'equal or smaller', 1, true) then
		return got
	elseif ARGV[4] == '1' and #redis.call('XRANGE', stream, ARGV[i], ARGV[i]) == 0 then
		missing[#missing + 1] = { ARGV[i], { 'data', ARGV[i + 1] } }
	end
end

if #missing > 0 then
	local function before(a, b)
		local a_ms, a_n = string.match(a[1], '^(%d+)-(%d+)$')
		local b_ms, b_n = string.match(b[1], '^(%d+)-(%d+)$')

		if a_ms ~= b_ms then
			return tonumber(a_ms) < tonumber(b_ms)
		end
		return tonumber(a_n) < tonumber(b_n)
	end
	local all = redis.call('XRANGE', stream, '-', '+')

	for _, entry in ipairs(missing) do
		all[#all + 1] = entry
	end
	table.sort(all, before)
	redis.call('DEL', stream)
	for _, entry in ipairs(all) do
		redis.call('XADD', stream, entry[1], unpack(entry[2]))
	end
	added = added + #missing
end
redis.call('PEXPIRE', stream, ttl)
return added
