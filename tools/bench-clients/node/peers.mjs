// The contenders of scripts/bench-peers in Node; peers/play/task.go says how they are called.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import Bull from 'bull';
import { Queue as BullMQueue, Worker as BullMWorker } from 'bullmq';
import { Redis } from 'ioredis';
import { Queue, Worker } from 'redis-jq';

const task = JSON.parse(process.argv[2]);
const [host, port] = task.address.split(':');
const connection = { host, port: Number(port), maxRetriesPerRequest: null };
const queue = 'q';
const now = () => performance.timeOrigin + performance.now(); // ms since 1970, finer than Date.now()

function job(number) {
  const n = String(number).padStart(7, '0');
  const from = (number * 7919) % (task.noise.length - task.pad);
  return { id: `job-${n}`, data: { at: Math.round(now() * 1000), n, pad: task.noise.slice(from, from + task.pad) } };
}

// Counts what happens to the jobs.
const runs = new Map();
const latencies = []; // microseconds
let left = task.jobs;
let allDone;
const done = new Promise((resolve) => { allDone = resolve; });

// The jobs of the first second, in which a runtime warms up, count for no latency.
function took(number, latency) {
  if (number >= task.rate) latencies.push(latency);
}

function begin(data) {
  const number = Number(data.n);
  took(number, now() * 1000 - data.at);
  runs.set(number, (runs.get(number) ?? 0) + 1);
}

function end() {
  left -= 1;
  if (left === 0) allDone();
}

function told() {
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.max(Math.ceil(share * latencies.length), 1) - 1] ?? 0;
  return {
    runs: [...runs.values()].reduce((sum, times) => sum + times, 0),
    distinct: runs.size,
    latency_us: { p50: at(0.5), p99: at(0.99), 'p99.9': at(0.999) },
  };
}

// Adds jobs, task.together at a time, by task.handlers producers at once.
async function addAll(add) {
  let next = 0;
  await Promise.all(Array.from({ length: task.handlers }, async () => {
    while (next < task.jobs) {
      const first = next;
      next += task.together;
      const last = Math.min(next, task.jobs);
      await add(Array.from({ length: last - first }, (_, i) => job(first + i)));
    }
  }));
}

// Adds each job at its instant, whether or not earlier ones have been answered.
async function offer(add) {
  const begun = performance.now();
  const calls = [];
  for (let number = 0; number < task.jobs; number += 1) {
    const early = begun + (number * 1000) / task.rate - performance.now();
    if (early > 0) await new Promise((resolve) => { setTimeout(resolve, early); });
    const called = performance.now();
    calls.push(add([job(number)]).then(() => took(number, (performance.now() - called) * 1000)));
  }
  await Promise.all(calls);
}

async function connected() {
  const redis = new Redis(connection);
  await redis.ping();
  return redis;
}

const isOne = task.way === 'one by one';

// Each makes itself ready, and returns what adds jobs, or what starts the handlers.
const contenders = {
  'jq-node add': async () => {
    const mail = new Queue(await connected(), queue);
    if (isOne) return ([{ id, data }]) => mail.add(data, { id });
    return (jobs) => mail.addMany(jobs.map(({ id, data }) => ({ id, payload: data })));
  },
  'jq-node work': async () => {
    const worker = new Worker(await connected(), queue, ({ payload }) => begin(payload), { concurrency: task.handlers });
    worker.on('completed', end);
    return () => { void worker.run(); };
  },
  'bullmq add': async () => {
    const mail = new BullMQueue(queue, { connection });
    await mail.waitUntilReady();
    const options = (id) => ({ jobId: id, removeOnComplete: true });
    if (isOne) return ([{ id, data }]) => mail.add('mail', data, options(id));
    return (jobs) => mail.addBulk(jobs.map(({ id, data }) => ({ name: 'mail', data, opts: options(id) })));
  },
  'bullmq work': async () => () => {
    const worker = new BullMWorker(queue, async ({ data }) => begin(data), { connection, concurrency: task.handlers });
    worker.on('completed', end);
  },
  'bull add': async () => {
    const mail = new Bull(queue, { redis: connection });
    await mail.isReady();
    const options = (id) => ({ jobId: id, removeOnComplete: true });
    if (isOne) return ([{ id, data }]) => mail.add(data, options(id));
    return (jobs) => mail.addBulk(jobs.map(({ id, data }) => ({ data, opts: options(id) })));
  },
  'bull work': async () => {
    const mail = new Bull(queue, { redis: connection });
    await mail.isReady();
    mail.on('completed', end);
    return () => { void mail.process(task.handlers, async ({ data }) => begin(data)); };
  },
};

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

function versions() {
  const require = createRequire(import.meta.url);
  const libraries = Object.fromEntries(['bull', 'bullmq', 'ioredis'].map((name) => {
    const file = require.resolve(name).replace(new RegExp(`(node_modules/${name}/).*`), '$1package.json');
    return [name, require(file).version];
  }));
  return { node: process.versions.node, ...libraries };
}

async function run(ready) {
  if (task.phase === 'add') return task.rate > 0 ? offer(ready) : addAll(ready);
  ready();
  return done;
}

const ready = await contenders[`${task.contender} ${task.phase}`]();
const input = createInterface({ input: process.stdin });
input.on('close', () => process.exit());
input.once('line', async () => {
  await run(ready);
  say(told());
});
say({ versions: versions() });
