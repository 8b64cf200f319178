// Producers, payloads, several queues, and many jobs.

import assert from 'node:assert/strict';
import { Queue, Worker } from 'redis-jq';
import { scenario } from './harness/clients.mjs';
import { Proxy } from './harness/proxy.mjs';
import { MODULE, Server } from './harness/server.mjs';
import { complete } from './harness/work.mjs';

/** An instant whose microseconds are just below 2^53 (ms). */
const CLOCK = Math.floor(2 ** 53 / 1_000) - 1;

async function setUp(t, client) {
  const server = await Server.start(t);
  const redis = await client.connect(t, server.url);
  return { server, redis, queue: new Queue(redis, 'mail') };
}

/** Adds `count` jobs, 500 with each command. */
async function addMany(queue, count) {
  for (let first = 0; first < count; first += 500) {
    await queue.addMany(Array.from({ length: Math.min(500, count - first) }, (_, number) => ({ payload: first + number })));
  }
}

scenario('ten_thousand_jobs', async (t, client) => {
  const { server, redis, queue } = await setUp(t, client);
  const COUNT = 10_000;
  await addMany(queue, COUNT);
  await server.control.config('RESETSTAT');
  const handled = new Set();
  const worker = new Worker(redis, 'mail', async (job) => {
    assert.ok(!handled.has(job.payload), `job ${job.payload} runs twice`);
    handled.add(job.payload);
    await null;
  }, { concurrency: 50 });
  assert.equal(new Set(await complete(worker, COUNT)).size, COUNT);
  assert.equal(handled.size, COUNT);
  const { acks, staleAcks, remembered } = await queue.stats();
  assert.deepEqual({ acks, staleAcks, remembered }, { acks: COUNT, staleAcks: 0, remembered: COUNT });
  const calls = await server.calls();
  const requests = Object.entries(calls).filter(([name]) => name.startsWith('jq.')).reduce((sum, [, count]) => sum + count, 0);
  assert.ok(requests <= COUNT, `${requests} requests`);
  t.diagnostic(`${requests} requests`);
});

scenario('adds of one turn of the event loop reach the server together', async (t, client) => {
  const { server, queue } = await setUp(t, client);
  await queue.add('first');
  const reads = async () => Number(/total_reads_processed:(\d+)/.exec(await server.control.info('stats'))[1]);
  const before = await reads();
  await Promise.all(Array.from({ length: 200 }, (_, payload) => queue.add(payload)));
  const needed = await reads() - before;
  assert.ok(needed < 20, `200 adds are ${needed} reads of the server`);
  t.diagnostic(`${needed} reads`);
});

scenario('several_queues', async (t, client) => {
  const { redis } = await setUp(t, client);
  const queues = ['urgent', 'normal', 'paid', 'free'].map((name) => new Queue(redis, name));
  const [urgent, normal, paid, free] = queues;
  for (const queue of [normal, urgent]) await addMany(queue, 100);
  for (const queue of [paid, free]) await addMany(queue, 1_000);

  const strict = await order(redis, ['urgent', 'normal'], 220, (begun) => (begun === 150 ? addMany(urgent, 20) : undefined));
  assert.deepEqual(strict.slice(0, 150), [...Array(100).fill('urgent'), ...Array(50).fill('normal')]);
  const late = strict.indexOf('urgent', 150);
  assert.ok(late < 150 + 2 * CONCURRENCY && strict.lastIndexOf('urgent') === late + 19, `${strict.slice(150)}`);

  const weighted = (await order(redis, { free: 1, paid: 3 }, 2_000)).slice(0, 1_000);
  const ratio = weighted.filter((name) => name === 'paid').length / weighted.filter((name) => name === 'free').length;
  assert.ok(ratio > 3 * 0.85 && ratio < 3 * 1.15, `the ratio is ${ratio}`);
});

const CONCURRENCY = 5;

/**
 * The queues of the first `count` jobs that a worker begins, in this order. `meanwhile` gets how many it has begun; what it
 * returns is waited for by all handlers.
 */
async function order(redis, queues, count, meanwhile = () => {}) {
  const begun = [];
  let gate;
  const worker = new Worker(redis, queues, async (job) => {
    const number = begun.push(job.queue);
    gate = meanwhile(number) ?? gate;
    await gate;
    if (number === count) void worker.stop();
  }, { concurrency: CONCURRENCY });
  await worker.run();
  return begun;
}

scenario('duplicate_add', async (t, client) => {
  const { server, queue } = await setUp(t, client);
  const proxy = await Proxy.start(t, server.port, 'JQ.ADD', 0);
  const through = await client.connect(t, proxy.url);
  const added = await new Queue(through, 'mail').add('hello');
  assert.equal(proxy.cuts, 1);
  assert.deepEqual([added.outcome, added.state], ['added', 'waiting']);
  const { added: jobs, duplicates } = await queue.stats();
  assert.deepEqual({ jobs, duplicates }, { jobs: 1, duplicates: 1 });
  assert.equal((await queue.get(added.id)).payload, 'hello');
});

scenario('big_integers_and_bytes', async (t, client) => {
  // The clock of the server stands where tokens are near 2^53.
  const server = await Server.start(t, { module: `${MODULE} debug ${CLOCK}` });
  const redis = await client.connect(t, server.url);
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
  const queue = new Queue(redis, 'bytes', { payload: 'bytes' });
  await queue.addMany(['all', 'again'].map((id) => ({ id, payload: bytes })));
  const tokens = [];
  const worker = new Worker(redis, 'bytes', async (job) => {
    tokens.push(job.token);
    assert.deepEqual(job.payload, bytes);
    await job.progress(bytes);
    return job.payload;
  }, { payload: 'bytes' });
  await complete(worker, 2);
  assert.ok(tokens[0] > 2 ** 52 && tokens[1] === tokens[0] + 1 && Number.isSafeInteger(tokens[1]), `${tokens}`);
  const job = await queue.get('all');
  assert.deepEqual(job.result, bytes);
  assert.deepEqual(job.progress, bytes);
});
