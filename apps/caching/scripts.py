"""What the server does in one step, in Lua: versions, marks of commits under way, values and locks.

`store` says what the keys and arguments are.
"""

# A writer's mark replaces what is there; of another writer's mark it keeps the least position.
MARK = """
for _, key in ipairs(KEYS) do
    local now = redis.call('GET', key)
    local least = now and string.match(now, '^!.*|(%x+)$') or '0'
    redis.call('SET', key, '!' .. ARGV[1] .. '|' .. least, 'PX', ARGV[2])
end
"""
# What comes after a commit: a version, or a higher bound for the writer whose mark is there now.
# Versions are compared as text of one length: a later timeline is ahead of any position. Returns
# what the tags hold now.
BUMP = """
local held = {}
for place, key in ipairs(KEYS) do
    local now = redis.call('GET', key)
    local writer, least, version = false, '0', ARGV[place + 2]
    if now then writer, least = string.match(now, '^!(.*)|(%x+)$') end
    if now and not writer then least = string.match(now, '^(%x+)') end
    if least and least > version then version = least end
    if writer and writer ~= ARGV[1] then
        held[place] = '!' .. writer .. '|' .. version
        redis.call('SET', key, held[place], 'KEEPTTL')
    else
        held[place] = version .. '.' .. ARGV[1]
        redis.call('SET', key, held[place], 'EX', ARGV[2])
    end
end
return held
"""
# The values that are there, and the locks of those that are not, in one round trip.
GET_OR_LOCK = """
local found = {}
for place = 1, #KEYS, 2 do
    local value = redis.call('GET', KEYS[place])
    if not value then
        local set = redis.call('SET', KEYS[place + 1], ARGV[1], 'PX', ARGV[2], 'NX')
        value = set and 1 or 0
    end
    found[(place + 1) / 2] = value
end
return found
"""
# The value, unless it is the one that begins so: then the right to fill it, where nobody has it, or
# else who has it.
NEWER_OR_LOCK = """
local known = ARGV[3]
if redis.call('GETRANGE', KEYS[1], 0, math.max(0, #known - 1)) ~= known then
    local value = redis.call('GET', KEYS[1])
    if value then return value end
end
local held = redis.call('GET', KEYS[2])
if held then return {held} end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return 1
"""
# Only the holder of a lock stores, and only it lets go.
STORE = """
local stored = {}
for place = 1, #KEYS, 2 do
    local at = (place + 1) / 2
    stored[at] = 0
    if redis.call('GET', KEYS[place + 1]) == ARGV[1] then
        redis.call('SET', KEYS[place], ARGV[at + 2], 'EX', ARGV[2])
        redis.call('DEL', KEYS[place + 1])
        stored[at] = 1
    end
end
return stored
"""
# The versions that are there, and marks of this process at the tags that have none.
GET_OR_CLAIM = """
local found = {}
for place, key in ipairs(KEYS) do
    found[place] = redis.call('GET', key)
    if not found[place] then
        redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
        found[place] = ARGV[1]
    end
end
return found
"""
RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"
