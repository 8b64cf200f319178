// The contenders of scripts/bench-clients in Node; contender.go says how they are called.
import { once } from 'node:events';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue as BullQueue, Worker as BullWorker } from 'bullmq';
import { Redis } from 'ioredis';
import { Queue, Worker } from 'redis-jq';

const [contender, mode, address, jobsText, togetherText, apartText] = process.argv.slice(2);
const [host, port] = address.split(':');
const connection = { host, port: Number(port), maxRetriesPerRequest: null };
const jobs = Number(jobsText);
const together = Number(togetherText);
const apart = Number(apartText) / 1_000; // ms
const atOnce = 50; // adds, or handlers, at the same time
const queue = 'q';
const payload = { to: `${'0'.repeat(79)}@example.org` }; // 100 bytes of JSON
const id = (i) => `job:${i}`;

// Calls with all numbers below jobs, atOnce of them at the same time.
async function each(call) {
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < jobs) await call(next++);
  }));
}

// Resolves when it was called once for each job.
function countdown() {
  let left = jobs;
  let resolve;
  const all = new Promise((resolved) => { resolve = resolved; });
  return { all, one: () => { if (--left === 0) resolve(); } };
}

async function connected() {
  const redis = new Redis(connection);
  await redis.ping();
  return redis;
}

const field = (job, name) => job[job.indexOf(name) + 1];

// As long as the name that the package makes, since the server repeats it with each job.
const workerName = `${hostname()}:${process.pid}:${'0'.repeat(12)}`;

// Claims as many jobs as the worker has handlers, and then acknowledges some at a time.
async function workByHand(redis) {
  const claim = ['JQ.CLAIM', queue, workerName, 'COUNT', atOnce, 'LEASE', 30_000, 'BLOCK', 5000, 'FULL'];
  const held = await redis.call(...claim);
  let begun = performance.now();
  for (let done = 0; done < jobs;) {
    const some = held.splice(0, together);
    const answered = some.flatMap((job) => [field(job, 'token'), field(job, 'id')]);
    const more = ['NEXT', workerName, 'COUNT', some.length, 'LEASE', 30_000, 'FULL'];
    const [, next] = await redis.call('JQ.ACK', queue, ...answered, ...more);
    done += some.length;
    held.push(...next ?? []);
    begun += apart;
    const early = begun - performance.now();
    if (early > 0) await sleep(early);
  }
}

// Each makes itself ready, and gives what is measured.
const contenders = {
  'jq add': async () => {
    const mail = new Queue(await connected(), queue);
    return () => each((i) => mail.add(payload, { id: id(i) }));
  },
  'jq work': async () => {
    const redis = await connected();
    return async () => {
      const { all, one } = countdown();
      const worker = new Worker(redis, queue, () => {}, { concurrency: atOnce });
      worker.on('completed', one);
      void worker.run();
      await all;
    };
  },
  'hand add': async () => {
    const redis = await connected();
    return () => each((i) => redis.call('JQ.ADD', queue, id(i), JSON.stringify(payload)));
  },
  'hand work': async () => {
    const redis = await connected();
    return () => workByHand(redis);
  },
  'bullmq add': async () => {
    const mail = new BullQueue(queue, { connection });
    await mail.waitUntilReady();
    return () => each((i) => mail.add('mail', payload, { jobId: `job-${i}`, removeOnComplete: true }));
  },
  'bullmq work': async () => async () => {
    const { all, one } = countdown();
    const worker = new BullWorker(queue, async () => {}, { connection, concurrency: atOnce });
    worker.on('completed', one);
    await all;
  },
};

const run = await contenders[`${contender} ${mode}`]();
console.log('ready');
await once(process.stdin, 'data');
await run();
console.log('done'); // and it is killed
