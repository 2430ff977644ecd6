/**
 * The leases of one key: a sorted set of holders by the moment at which their leases end, in microseconds of the server's
 * clock. ARGV: action, holder, limit, time to live in milliseconds.
 */
export const LEASE_SCRIPT: string = `
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local action, holder, limit, ttl = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local held = redis.call('ZSCORE', KEYS[1], holder)
if action == 'release' then
  redis.call('ZREM', KEYS[1], holder)
  held = false
elseif action == 'renew' or held or redis.call('ZCARD', KEYS[1]) < limit then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now + ttl * 1000), holder)
  redis.call('PEXPIRE', KEYS[1], math.max(math.ceil(ttl), redis.call('PTTL', KEYS[1])))
  held = true
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local free = 0
if first[2] then free = math.max(0, first[2] - now) end
return { held and 1 or 0, redis.call('ZCARD', KEYS[1]), math.ceil(free) }
`.trim();
