/**
 * The operations of the port as one script, for any number of keys whose windows are the same.
 *
 * ARGV: n, then n times (length, limit, burst); then per key: action, amount, owed, generation, and if the generation is not
 * 0, n times (used, reset). A length is negative for a drained window (`gcra`). Times are microseconds of the server's clock.
 * The answer has per key: allowed, time until the end of the block, generation, then n times (used, reset, retry).
 *
 * The value is a string, because a hash or a list takes several commands: the version, the end of the block, the generation,
 * the sum before the first entry, how many windows follow, then per window its length and a number, then the entries of
 * the log. The number of a drained window is when its usage is over, and that of a logged one what was restored. An entry is
 * its time and the sum of all costs up to it. Every number is a double, so that no size of an integer matters.
 */
export const LIMIT_SCRIPT: string = `
local call, unpack, pack, sub = redis.call, struct.unpack, struct.pack, string.sub
local ceil, floor, max, min = math.ceil, math.floor, math.max, math.min
local t = call('TIME')
local now = t[1] * 1000000 + t[2]
local n = tonumber(ARGV[1])
local lengths, limits, bursts, longest, most, least = {}, {}, {}, 0, 16, 0
for i = 1, n do
  local length, limit, burst = tonumber(ARGV[i * 3 - 1]), tonumber(ARGV[i * 3]), tonumber(ARGV[i * 3 + 1])
  lengths[i], limits[i], bursts[i] = length, limit, burst
  if length > 0 then
    longest, most, least = max(longest, length), max(most, limit + 16), max(least, length)
  else
    least = max(least, -length * max(1, burst / limit))
  end
end

local blocked, born, base, log, size, newest, total, kept, changed

local function load(raw)
  blocked, born, base, log, size, newest, total, kept, changed = 0, now, 0, '', 0, 0, 0, {}, false
  if not raw or #raw < 33 or sub(raw, 1, 1) ~= '\\1' then return end
  local count
  blocked, born, base, count = unpack('<dddd', raw, 2)
  local at = 34
  for _ = 1, count do
    local length, value = unpack('<dd', raw, at)
    kept[length] = value
    at = at + 16
  end
  size = (#raw - at + 1) / 16
  if size > 0 then
    log = sub(raw, at)
    newest, total = unpack('<dd', log, size * 16 - 15)
  end
end
local function sum(i)
  if i < 1 then return base end
  return (unpack('<d', log, i * 16 - 7))
end
local function after(cutoff)
  if size == 0 or unpack('<d', log, 1) > cutoff then return 1 end
  local low, high = 2, size + 1
  while low < high do
    local middle = floor((low + high) / 2)
    if unpack('<d', log, middle * 16 - 15) > cutoff then high = middle else low = middle + 1 end
  end
  return low
end
local function reload()
  size = #log / 16
  if size == 0 then base, newest, total = 0, 0, 0 else newest, total = unpack('<dd', log, size * 16 - 15) end
end
local function push(cost)
  total = total + cost
  newest = max(now, newest)
  if size >= most then
    log = sub(log, 1, -17)
    size = size - 1
  end
  log = log .. pack('<dd', newest, total)
  size = size + 1
end
local function insert(time, cost)
  local place = after(time)
  local parts = { sub(log, 1, place * 16 - 16), pack('<dd', time, sum(place - 1) + cost) }
  for i = place, size do
    local at, before = unpack('<dd', log, i * 16 - 15)
    parts[#parts + 1] = pack('<dd', at, before + cost)
  end
  log = table.concat(parts)
  reload()
end
local function give_back(cost)
  while cost > 0 and size > 0 do
    local before = sum(size - 1)
    local own = total - before
    log = sub(log, 1, -17)
    if own > cost then
      log = log .. pack('<dd', newest, total - cost)
      total = total - cost
      return
    end
    cost = cost - own
    size = size - 1
    if size == 0 then base, newest, total = 0, 0, 0 else newest, total = unpack('<dd', log, size * 16 - 15) end
  end
end
local function change(cost)
  changed = true
  if longest > 0 then
    if cost > 0 then push(cost) else give_back(-cost) end
  end
  for i = 1, n do
    local length = lengths[i]
    if length < 0 then kept[length] = min(now + 1e15, max(now, max(now, kept[length] or 0) - cost * length / limits[i])) end
  end
end
local function restore(from)
  local shorter, known, restored = 0, 0, 0
  for i = 1, n do
    local length, used, reset = lengths[i], tonumber(ARGV[from]), tonumber(ARGV[from + 1])
    from = from + 2
    if length < 0 then
      if reset > 0 then kept[length], changed = max(kept[length] or 0, now + reset), true end
    else
      local before = kept[length] or 0
      local missing = (used - known) - (before - restored)
      if missing > 0 and reset > 0 then insert(min(now - shorter, now - length + reset), missing) end
      kept[length], changed = max(before, used), true
      shorter, known, restored = length, used, before
    end
  end
end
local function logged(i, asked)
  local length, limit = lengths[i], limits[i]
  if asked > limit then
    if size == 0 then return 0, 0, -1 end
    local used = total - sum(after(now - length) - 1)
    return used, used > 0 and newest + length - now or 0, -1
  end
  if size == 0 then return 0, 0, 0 end
  local first = after(now - length)
  local before = sum(first - 1)
  local used = total - before
  if used <= 0 then return 0, 0, 0 end
  local reset = newest + length - now
  local excess = used + asked - limit
  if asked == 0 or excess <= 0 then return used, reset, 0 end
  local low, high, target = first, size, before + excess
  while low < high do
    local middle = floor((low + high) / 2)
    if sum(middle) >= target then high = middle else low = middle + 1 end
  end
  return used, reset, unpack('<d', log, low * 16 - 15) + length - now
end
local function drained(i, asked)
  local interval = -lengths[i] / limits[i]
  local reset = max(0, (kept[lengths[i]] or 0) - now)
  local used = max(0, ceil((reset - 1) / interval))
  if asked > bursts[i] then return used, reset, -1 end
  if asked == 0 then return used, reset, 0 end
  local retry = reset + (asked - bursts[i]) * interval
  return used, reset, retry < 1 and 0 or retry
end
local function save(key)
  local lifetime, count, parts = max(least, blocked - now), 0, { '\\1', '' }
  for length, value in pairs(kept) do
    if length > 0 or value > now then
      count = count + 1
      parts[count + 2] = pack('<dd', length, value)
      if length < 0 then lifetime = max(lifetime, value - now) end
    end
  end
  parts[2] = pack('<dddd', blocked, born, base, count)
  parts[count + 3] = log
  call('SET', key, table.concat(parts), 'PX', ceil(lifetime / 1000))
end

local answers, out, at = {}, 0, n * 3 + 2
for k = 1, #KEYS do
  local action, amount, owed, generation = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), ARGV[at + 3]
  at = at + 4
  load(call('GET', KEYS[k]))
  if size > 0 and longest > 0 then
    local first = after(now - longest)
    if first > 1 then
      base = sum(first - 1)
      log = sub(log, first * 16 - 15)
      reload()
    end
  end
  if generation ~= '0' then
    if tonumber(generation) ~= born and action ~= 'reset' then restore(at) end
    at = at + n * 2
  end
  local asked = 1
  if action == 'consume' or action == 'peek' then
    asked = amount
  elseif action == 'reset' then
    blocked, base, log, size, newest, total, kept, changed = 0, 0, '', 0, 0, 0, {}, true
  end
  if owed ~= 0 then change(owed) end
  if action == 'add' then
    change(amount)
  elseif action == 'block' then
    blocked, changed = amount > 0 and max(blocked, now + amount) or 0, true
  end
  local allowed, place = 1, out + 3
  if blocked > now then allowed = 0 end
  for i = 1, n do
    local used, reset, retry
    if lengths[i] > 0 then used, reset, retry = logged(i, asked) else used, reset, retry = drained(i, asked) end
    if retry ~= 0 then allowed = 0 end
    answers[place + 1], answers[place + 2], answers[place + 3] = used, ceil(reset), ceil(retry)
    place = place + 3
  end
  if action == 'consume' and allowed == 1 then
    change(amount)
    place = out + 3
    for i = 1, n do
      local used, reset
      if lengths[i] > 0 then used, reset = answers[place + 1] + amount, newest + lengths[i] - now else used, reset = drained(i, 0) end
      answers[place + 1], answers[place + 2] = used, ceil(reset)
      place = place + 3
    end
  end
  if changed then save(KEYS[k]) end
  answers[out + 1], answers[out + 2], answers[out + 3] = allowed, ceil(max(0, blocked - now)), born
  out = place
end
return answers
`.trim();
