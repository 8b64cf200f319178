// What a worker does beside its scenarios.

import assert from 'node:assert/strict';
import { Queue, Worker } from 'redis-jq';
import { scenario } from './harness/clients.mjs';
import { Proxy } from './harness/proxy.mjs';
import { Server } from './harness/server.mjs';
import { complete } from './harness/work.mjs';
import { sleep, until } from './harness/wait.mjs';

const some = { only: (name) => ['ioredis 5', 'node-redis 5, RESP3'].includes(name) };

async function setUp(t, client, settings) {
  const server = await Server.start(t, settings);
  const redis = await client.connect(t, server.url);
  return { server, redis, queue: new Queue(redis, 'mail') };
}

scenario('a job knows all of itself, and keeps checkpoints and lines', async (t, client) => {
  const { redis, queue } = await setUp(t, client);
  await queue.add({ n: 1 }, { id: 'one', name: 'count', set: { traceparent: '00-1' }, backoff: { fixed: 1 }, attempts: 2, keep: 60_000 });
  const seen = [];
  const worker = new Worker(redis, 'mail', async (job) => {
    seen.push([job.queue, job.id, job.name, job.fields, job.attempt, job.failuresLeft, job.checkpoint]);
    assert.equal(job.details.priority, 0);
    await job.extend(60_000);
    if (job.attempt === 2) return 'done';
    await job.progress({ upTo: 7 });
    await job.log('first line', 'second line');
    throw new Error('not yet');
  });
  worker.once('completed', () => void worker.stop());
  await worker.run();
  assert.deepEqual(seen, [
    ['mail', 'one', 'count', { traceparent: '00-1' }, 1, 1, undefined],
    ['mail', 'one', 'count', { traceparent: '00-1' }, 2, 0, { upTo: 7 }],
  ]);
  assert.deepEqual(await queue.logs('one'), { total: 2, lines: ['first line', 'second line'] });
}, some);

scenario('middleware wraps the handler, the first one outermost', async (t, client) => {
  const { redis, queue } = await setUp(t, client);
  await queue.add('x');
  const steps = [];
  const around = (name) => async (job, next) => {
    steps.push(`${name} begins`);
    const result = await next();
    steps.push(`${name} ends with ${result}`);
    return `${result}!`;
  };
  const worker = new Worker(redis, 'mail', () => 'done', { middleware: [around('outer'), around('inner')] });
  const [id] = await complete(worker, 1);
  assert.deepEqual(steps, ['outer begins', 'inner begins', 'inner ends with done', 'outer ends with done!']);
  assert.deepEqual(await queue.awaitJob(id), { state: 'completed', result: 'done!!' });
}, some);

scenario('a hook that throws is an error, and ends nothing', async (t, client) => {
  const { redis, queue } = await setUp(t, client);
  await queue.addMany([{ payload: 1 }, { payload: 2 }]);
  const worker = new Worker(redis, 'mail', () => {});
  const errors = [];
  worker.on('error', (error) => errors.push(error.message));
  worker.on('claimed', () => {
    throw new Error('at once');
  });
  worker.on('completed', async () => {
    throw new Error('later');
  });
  await complete(worker, 2);
  assert.deepEqual(errors.sort(), ['at once', 'at once', 'later', 'later']);
}, some);

scenario('a result that cannot be sent fails its job, and no other', async (t, client) => {
  const { redis, queue } = await setUp(t, client, { 'jq.max-payload-bytes': 1_000 });
  await queue.addMany(['small', 'large', 'strange'].map((payload) => ({ id: payload, payload })));
  const results = { small: 'ok', large: 'x'.repeat(900) + 'y'.repeat(100), strange: { big: 1n } };
  const worker = new Worker(redis, 'mail', (job) => results[job.payload], { concurrency: 3 });
  const told = [];
  worker.on('completed', (job) => told.push(`completed ${job.id}`));
  worker.on('failed', (job, error, isFinal) => told.push(`failed ${job.id} ${isFinal}`));
  const running = worker.run();
  await until(() => told.length === 3, () => `${told}`);
  await worker.stop();
  await running;
  assert.deepEqual(told.sort(), ['completed small', 'failed large true', 'failed strange true']);
  assert.match((await queue.get('large')).error, /RESULT/);
  assert.match((await queue.get('strange')).error, /BigInt/);
}, some);

scenario('an ACK that was done and is repeated counts, also where its id is not remembered', async (t, client) => {
  const { server, queue } = await setUp(t, client);
  await queue.add('x', { id: 'free at once', dedup: 0 });
  const proxy = await Proxy.start(t, server.port, 'JQ.ACK', 0);
  await complete(new Worker(client.lazy(proxy.url), 'mail', () => {}), 1);
  assert.equal(proxy.cuts, 1);
  const { acks, staleAcks } = await queue.stats();
  assert.deepEqual({ acks, staleAcks }, { acks: 1, staleAcks: 1 });
}, some);

scenario('a job that comes at the end of a long wait is not lost at once', async (t, client) => {
  const { redis, queue } = await setUp(t, client);
  let runs = 0;
  const worker = new Worker(redis, 'mail', async () => {
    runs += 1;
    await sleep(3_300);
  }, { lease: 3_000, block: 5_000 });
  const done = complete(worker, 1);
  await sleep(2_500);
  await queue.add('x');
  await done;
  assert.equal(runs, 1);
}, some);

scenario('an idle worker says so, and a worker runs once', async (t, client) => {
  const { redis } = await setUp(t, client);
  const worker = new Worker(redis, 'mail', () => {}, { block: 20 });
  let idle = 0;
  worker.on('idle', () => {
    idle += 1;
    if (idle === 3) void worker.stop();
  });
  await worker.run();
  await assert.rejects(worker.run(), /has stopped/);
}, some);
