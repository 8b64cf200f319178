#!lua flags=no-writes,allow-stale,allow-cross-slot-keys
-- The script that the Prometheus exporter for Redis runs at each scrape (its option -script). It returns the numbers of
-- INFO jq, and of JQ.STATS for each queue, as a list of key, value, key, value ... The manual is docs/monitoring.md.
--
--   jq_waiting:mail            field waiting of JQ.STATS mail
--   jq_added_total:mail        a count since the queue was created
--   jq_wait_seconds_p95:mail   field wait-ms-p95; milliseconds become seconds
--   jq_server_...              a field of INFO jq, for the whole server
--
-- The exporter has one metric for all of these, redis_script_values{key="..."}. In the key the name of the metric comes
-- first, because it never contains a colon and a queue's name may.
--
-- The server serves no client while a script runs, so the work of this one is bounded. The queues are the members of
-- the set WATCHED of the same database. Without that set the script scans for queues, at most MOST_KEYS keys.

local WATCHED = 'jq:watched'
local MOST_KEYS = 2000
local MOST_QUEUES = 50
local KEYS_A_STEP = 500

-- The fields of JQ.STATS that only grow. Any other field, also one of a newer module, counts as a present value.
local counts = {
  'added', 'duplicates', 'replaced', 'reruns', 'claims', 'acks', 'nacks', 'retries', 'losses', 'releases', 'failures',
  'expirations', 'cancellations', 'removals', 'stale-acks',
}
local is_count = {}
for _, field in ipairs(counts) do is_count[field] = true end

local printed = {}

local function print_value(key, value)
  printed[#printed + 1] = key
  printed[#printed + 1] = value
end

-- Turns a name with `ms` into one with `seconds`, the unit of Prometheus. Returns nil for any other name.
local function in_seconds(name)
  local start, rest = string.match(name, '^(.*_)ms(.*)$')
  if start and (rest == '' or string.sub(rest, 1, 1) == '_') then return start .. 'seconds' .. rest end
end

-- JQ.STATS gives -1 when nothing is due. That is not a time and stays -1.
local function seconds(ms)
  return ms < 0 and '-1' or string.format('%.3f', ms / 1000)
end

-- A label is text and a key is bytes, so the backslash and every byte that is not printable ASCII become \x and two digits.
local function escaped(key)
  return (string.gsub(key, '[%c\\\128-\255]', function(byte) return string.format('\\x%02x', string.byte(byte)) end))
end

-- For each field of JQ.STATS: the name of the metric, and whether it is a time. Computed once and used for every queue.
local names, is_time = {}, {}

local function learn(field)
  local name = 'jq_' .. string.gsub(field, '-', '_')
  local timed = in_seconds(name)
  is_time[field] = timed ~= nil
  names[field] = (timed or name) .. (is_count[field] and '_total:' or ':')
end

local function print_stats(queue, stats)
  local label = escaped(queue)
  for i = 1, #stats, 2 do
    local field, value = stats[i], stats[i + 1]
    if not names[field] then learn(field) end
    print_value(names[field] .. label, is_time[field] and seconds(value) or string.format('%.0f', value))
  end
end

-- A metric is a number, so texts (durability ...) are left out. `jq_total_added` becomes `jq_server_added_total`.
local function print_server(info)
  for field, text in string.gmatch(info, 'jq_([%w_]+):([^\r\n]*)') do
    local value = tonumber(text)
    if value then
      local total = string.match(field, '^total_(.*)$')
      local name = 'jq_server_' .. (total and total .. '_total' or field)
      local timed = in_seconds(name)
      print_value(timed or name, timed and seconds(value) or string.format('%.0f', value))
    end
  end
end

-- Returns the queues in the order of their names, and whether the search was complete.
local function find_queues()
  -- SMEMBERS fails without the permission to read the set, and in a cluster when another node has it.
  local queues = redis.pcall('SMEMBERS', WATCHED)
  if queues.err then queues = {} end
  local complete = true
  if #queues == 0 then
    local cursor, scanned, known = '0', 0, {}
    repeat
      local page = redis.call('SCAN', cursor, 'COUNT', KEYS_A_STEP, 'TYPE', 'job-queue')
      cursor, scanned = page[1], scanned + KEYS_A_STEP
      for _, key in ipairs(page[2]) do
        if not known[key] then -- SCAN may name a key twice
          known[key] = true
          queues[#queues + 1] = key
        end
      end
    until cursor == '0' or scanned >= MOST_KEYS
    complete = cursor == '0'
  end
  table.sort(queues)
  return queues, complete
end

local queues, complete = find_queues()
local unreadable = 0
for i = 1, math.min(#queues, MOST_QUEUES) do
  local stats = redis.pcall('JQ.STATS', queues[i])
  if stats.err then
    unreadable = unreadable + 1
  else
    print_stats(queues[i], stats)
  end
end
print_server(redis.call('INFO', 'jq'))
print_value('jq_queues_seen', tostring(math.min(#queues, MOST_QUEUES) - unreadable))
print_value('jq_queues_unreadable', tostring(unreadable))
print_value('jq_every_queue_seen', (complete and #queues <= MOST_QUEUES) and '1' or '0')
return printed
