-- Adds a job that has failed for good, or one with progress; all of it or nothing, and once.
--
-- KEYS[1]  the queue
-- ARGV     1: why it has failed ('': it has not)   2: its progress ('': none)   3: its priority
--          4: how many lines its stack trace has, and the lines; then id, payload and options of JQ.ADD
--
-- Nothing but a worker can say that a job has failed. So a failed job is claimed and answered right here: it goes before all
-- others, no other client comes in between, and it is in nobody's way afterwards. Where the queue gives no job now the job
-- is removed again.
--
-- Replies with the outcome of JQ.ADD, or with 'kept back'.
local queue, reason, progress, priority, lines = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local id = ARGV[5 + lines]
local words = {unpack(ARGV, 5 + lines)}
if reason ~= '' then
  for _, word in ipairs({'PRIORITY', '-2147483648', 'FRONT'}) do words[#words + 1] = word end
end

local outcome = redis.call('JQ.ADD', queue, unpack(words))[1]
if outcome ~= 'added' then return outcome end
-- pcall: a refused line or progress must not leave the job half done.
if progress ~= '' then redis.pcall('JQ.CHANGE', queue, id, 'PROGRESS', progress) end
if reason == '' then return outcome end

local claimed = redis.call('JQ.CLAIM', queue, 'import-bullmq')
if not claimed then
  redis.call('JQ.REMOVE', queue, id)
  return 'kept back'
end
local token = claimed[1][1]
redis.pcall('JQ.CHANGE', queue, id, 'PRIORITY', priority)
if lines > 0 then redis.pcall('JQ.LOG', queue, id, unpack(ARGV, 5, 4 + lines)) end
redis.call('JQ.NACK', queue, token, id, 'ERROR', reason, 'FATAL')
return outcome
