import { createHash } from "node:crypto";
import { type RedisClient, redisCommand } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";

/** A script and its digest. */
export interface RedisScript {
  readonly text: string;
  readonly digest: string;
}

const script = (text: string): RedisScript =>
  Object.freeze({ text, digest: createHash("sha1").update(text).digest("hex") });

// Positions are microseconds of the server's clock, so that they grow also after they were lost. As decimal text, because
// Lua would write 1.7e+15.
//
// A server that is full refuses commands that need memory, unless the script has written before. PERSIST of a key without
// an expiry changes nothing, and lets the few bytes of the state pass, because an invalidation must not be lost.
const NEXT = `redis.pcall('PERSIST', KEYS[1])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local before = tonumber(redis.call('GET', KEYS[1]) or '0') or 0
local next = now > before and now or before + 1
local function text(number) return string.format('%.0f', number) end
`;

/**
 * KEYS: position, marks. ARGV: since. A state that is incomplete, or older than what the caller knows, as after the failover
 * to a replica, is made anew, and invalidates everything.
 */
export const SYNC: RedisScript = script(`${NEXT}
local since = tonumber(ARGV[1])
if since >= next then next = since + 1 end
if before == 0 or before < since or not redis.call('ZSCORE', KEYS[2], '*') then
  redis.call('SET', KEYS[1], text(next))
  redis.call('ZADD', KEYS[2], text(next), '*')
  before = next
end
local marks = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf', 'WITHSCORES')
local floor = redis.call('ZSCORE', KEYS[2], '*')
return {text(before), text(now), floor, marks}`);

/**
 * KEYS: position, marks. ARGV: channel, sender, kind, names as JSON, the most marks, then the tags. Beyond the most marks,
 * the older half becomes one mark for everything of its time.
 *
 * If the server refuses the position nevertheless, an invalidation deletes the state, so that no value is trusted until
 * there is a new one; changed keys are announced without a position of their own.
 */
export const ANNOUNCE: RedisScript = script(`${NEXT}
local function publish(position)
  local message = text(position) .. ' ' .. text(before) .. ' ' .. ARGV[2] .. ' ' .. ARGV[3] .. ' ' .. ARGV[4]
  redis.call('PUBLISH', ARGV[1], message)
  return text(position)
end
local set = redis.pcall('SET', KEYS[1], text(next))
if type(set) == 'table' and set.err then
  if ARGV[3] == 'keys' then return publish(before) end
  redis.call('DEL', KEYS[1], KEYS[2])
  before = 0
  return publish(next)
end
local marks = ARGV[3] == 'all' and {'*'} or {}
for i = 6, #ARGV do marks[#marks + 1] = 't' .. ARGV[i] end
for _, mark in ipairs(marks) do
  local kept = redis.pcall('ZADD', KEYS[2], text(next), mark)
  if type(kept) == 'table' and kept.err then redis.call('DEL', KEYS[1], KEYS[2]) end
end
local most = tonumber(ARGV[5])
if redis.call('ZCARD', KEYS[2]) > most then
  local last = redis.call('ZRANGE', KEYS[2], -math.floor(most / 2), -math.floor(most / 2), 'WITHSCORES')
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', last[2])
  local floor = redis.call('ZSCORE', KEYS[2], '*')
  if not floor then redis.call('ZADD', KEYS[2], last[2], '*') end
end
return publish(next)`);

/** KEYS: entry, lease. ARGV: token, time to live, the beginning of a value that is not wanted. */
export const CLAIM: RedisScript = script(`local value = redis.pcall('GET', KEYS[1])
if type(value) == 'table' and value.err then
  redis.call('DEL', KEYS[1])
  value = false
end
if value and (ARGV[3] == '' or string.sub(value, 1, #ARGV[3]) ~= ARGV[3]) then return {0, value} end
local lease = redis.pcall('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2])
if type(lease) == 'table' and lease.err then return lease end
return {lease and 1 or 0}`);

/** KEYS: lease. ARGV: token, time to live. */
export const RENEW: RedisScript = script(`if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0`);

/** KEYS: entry, lease. ARGV: token, value, time to live. */
export const FILL: RedisScript = script(`if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
local set = redis.pcall('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2])
if set.err then
  redis.call('DEL', KEYS[1])
  return set
end
return 1`);

/** KEYS: lease. ARGV: token. */
export const RELEASE: RedisScript = script(`if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return 0`);

/** KEYS: entry, lease. ARGV: value, time to live. What cannot be written must not leave the old value. */
export const WRITE: RedisScript = script(`local set = redis.pcall('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('DEL', KEYS[2])
if set.err then
  redis.call('DEL', KEYS[1])
  return set
end
return 1`);

/** Runs a script by its digest, and by its text if the server does not have it, as after a restart or `SCRIPT FLUSH`. */
export async function runScript(
  client: RedisClient,
  { text, digest }: RedisScript,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await redisCommand(client, "EVALSHA", digest, keys.length, ...keys, ...args);
  } catch (error) {
    const message = readMember(error, "message");
    if (typeof message !== "string" || !message.startsWith("NOSCRIPT")) throw error;
    return redisCommand(client, "EVAL", text, keys.length, ...keys, ...args);
  }
}
