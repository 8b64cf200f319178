// What handlers do, and what the worker makes of it.

import assert from 'node:assert/strict';
import { BulkWorker, FatalError, NotNowError, Queue, Worker } from 'redis-jq';
import { scenario } from './harness/clients.mjs';
import { Server } from './harness/server.mjs';
import { sleep, until } from './harness/wait.mjs';

/** A server, and a queue on it. */
async function setUp(t, client) {
  const server = await Server.start(t);
  const redis = await client.connect(t, server.url);
  return { server, redis, queue: new Queue(redis, 'mail') };
}

/** Runs a worker until `condition` holds. Returns what its hooks were told. */
async function runUntil(worker, condition) {
  const told = [];
  worker.on('completed', (job, result) => told.push(['completed', job.id, result]));
  worker.on('failed', (job, error, isFinal) => told.push(['failed', job.id, error.message, isFinal]));
  worker.on('lost', (job, reason) => told.push(['lost', job.id, reason]));
  worker.on('error', (error) => told.push(['error', error.message]));
  const running = worker.run();
  await until(() => condition(told), `the worker does not come so far: ${JSON.stringify(told)}`);
  await worker.stop();
  await running;
  return told;
}

scenario('lease_extended', async (t, client) => {
  const { redis, queue } = await setUp(t, client);
  await queue.add('long', { id: 'long' });
  const attempts = [];
  const worker = new Worker(redis, 'mail', async (job) => {
    attempts.push(job.attempt);
    await sleep(7_000);
  }, { lease: 3_000 });
  const told = await runUntil(worker, (told) => told.length > 0);
  assert.deepEqual(told, [['completed', 'long', undefined]]);
  assert.deepEqual(attempts, [1]);
  assert.equal((await queue.stats()).losses, 0);
});

scenario('cancelled', async (t, client) => {
  const { redis, queue } = await setUp(t, client);
  await queue.add('long', { id: 'long' });
  let cancelledAt;
  let raisedAfter;
  const worker = new Worker(redis, 'mail', async (job) => {
    assert.deepEqual(await queue.cancel('long'), [1]);
    cancelledAt = performance.now();
    await sleep(10_000, undefined, { signal: job.signal }).catch(() => {});
    raisedAfter = performance.now() - cancelledAt;
    assert.equal(job.signal.reason.reason, 'cancelled');
    throw job.signal.reason;
  }, { lease: 3_000 });
  const told = await runUntil(worker, async () => (await queue.explain('long'))?.why?.includes('cancelled') ?? raisedAfter > 0);
  // A third of the lease, and what a busy machine takes; without a heartbeat it would be the whole lease.
  assert.ok(raisedAfter < 3_000 / 3 + 1_000, `the signal came after ${raisedAfter} ms`);
  assert.deepEqual(told, [['lost', 'long', 'cancelled']]);
  const { cancellations, completed, failed } = await queue.stats();
  assert.deepEqual({ cancellations, completed, failed }, { cancellations: 1, completed: 0, failed: 0 });
});

scenario('fatal_and_not_now', async (t, client) => {
  const { redis, queue } = await setUp(t, client);
  await queue.addMany(['fatal', 'later'].map((id) => ({ id, payload: id })));
  const worker = new Worker(redis, 'mail', (job) => {
    throw job.id === 'fatal' ? new FatalError('no such address') : new NotNowError(60_000.2);
  });
  const told = await runUntil(worker, async () => (await queue.get('later'))?.state === 'delayed');
  assert.deepEqual(told, [['failed', 'fatal', 'no such address', true]]);
  const { state, attempt, error } = await queue.get('fatal');
  assert.deepEqual({ state, attempt, error }, { state: 'failed', attempt: 1, error: 'no such address' });
  const later = await queue.get('later');
  assert.equal(later.attempt, 1);
  assert.ok(later.dueAt - Date.now() > 50_000);
});

scenario('retries', async (t, client) => {
  const { redis, queue } = await setUp(t, client);
  await queue.add('twice', { id: 'twice', attempts: 3, backoff: { fixed: 300 } });
  const runs = [];
  const worker = new Worker(redis, 'mail', (job) => {
    runs.push([job.attempt, job.failuresLeft, performance.now()]);
    if (job.attempt < 3) throw new Error(`attempt ${job.attempt}`);
    return { ok: true };
  });
  const told = await runUntil(worker, (told) => told.length === 3);
  assert.deepEqual(told, [
    ['failed', 'twice', 'attempt 1', false],
    ['failed', 'twice', 'attempt 2', false],
    ['completed', 'twice', { ok: true }],
  ]);
  assert.deepEqual(runs.map(([attempt, left]) => [attempt, left]), [[1, 2], [2, 1], [3, 0]]);
  // The server counts in whole milliseconds.
  assert.ok(runs[1][2] - runs[0][2] >= 299 && runs[2][2] - runs[1][2] >= 299, 'an attempt came before its backoff');
  assert.deepEqual(await queue.awaitJob('twice'), { state: 'completed', result: { ok: true } });
});

scenario('bad_payload', async (t, client) => {
  const { redis, queue } = await setUp(t, client);
  const bytes = new Queue(redis, 'mail', { payload: 'bytes' });
  await bytes.add('{"to":', { id: 'bad' });
  await bytes.add(Buffer.from([0xff, 0xfe]), { id: 'binary' });
  await queue.add({ to: 'ada' }, { id: 'good' });
  const seen = [];
  const worker = new Worker(redis, 'mail', (job) => void seen.push(job.payload));
  const told = await runUntil(worker, (told) => told.length === 3);
  assert.deepEqual(seen, [{ to: 'ada' }]);
  assert.deepEqual(told[2], ['completed', 'good', undefined]);
  for (const id of ['bad', 'binary']) {
    const { state, error } = await queue.get(id);
    assert.equal(state, 'failed');
    assert.match(error, /the payload is no JSON/);
  }
});

scenario('bulk', async (t, client) => {
  const { redis, server, queue } = await setUp(t, client);
  await queue.addMany(Array.from({ length: 1_000 }, (_, number) => ({ id: `row:${number}`, payload: number, attempts: 1 })));
  const sizes = [];
  const worker = new BulkWorker(redis, 'mail', (jobs) => {
    sizes.push(jobs.length);
    return jobs.map(({ payload }) => (payload % 10 === 0 ? new Error(`row ${payload} is refused`) : undefined));
  }, { count: 300, min: 200, wait: 200 });
  const told = await runUntil(worker, (told) => told.length === 1_000);
  assert.deepEqual(sizes, [300, 300, 300, 100]);
  assert.equal(told.filter(([what]) => what === 'completed').length, 900);
  assert.equal(new Set(told.map(([, id]) => id)).size, 1_000);
  assert.equal(await queue.count('failed'), 100);
  assert.equal((await queue.get('row:730')).error, 'row 730 is refused');
  assert.ok((await server.calls())['jq.ack'] <= 4);
});
