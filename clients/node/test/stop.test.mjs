// How workers stop.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Queue, StoppedError, Worker } from 'redis-jq';
import { scenario } from './harness/clients.mjs';
import { Server } from './harness/server.mjs';
import { sleep, until } from './harness/wait.mjs';

/** A server, and a queue on it with `count` jobs. */
async function setUp(t, client, count) {
  const server = await Server.start(t);
  const redis = await client.connect(t, server.url);
  const queue = new Queue(redis, 'mail');
  if (count > 0) await queue.addMany(Array.from({ length: count }, (_, number) => ({ payload: number })));
  return { server, redis, queue };
}

scenario('stop_waits_for_handlers', async (t, client) => {
  const { redis, queue } = await setUp(t, client, 20);
  let begun = 0;
  const ended = [];
  const worker = new Worker(redis, 'mail', async (job) => {
    begun += 1;
    await sleep(500);
    ended.push(job.id);
  }, { concurrency: 8 });
  const running = worker.run();
  await until(() => begun === 8, 'the worker does not begin');
  await worker.stop();
  await running;
  assert.equal(ended.length, 8);
  const { acks, claims, active, waiting, losses, nacks, releases } = await queue.stats();
  assert.deepEqual({ acks, claims, active, waiting }, { acks: 8, claims: 8, active: 0, waiting: 12 });
  assert.deepEqual({ losses, nacks, releases }, { losses: 0, nacks: 0, releases: 0 });
});

scenario('stop_hands_back', async (t, client) => {
  const { redis, queue } = await setUp(t, client, 10);
  let begun = 0;
  const reasons = [];
  const worker = new Worker(redis, 'mail', async (job) => {
    begun += 1;
    // Half of them heed the signal, and fail by it; the others go on.
    await sleep(10_000, undefined, job.payload % 2 ? { signal: job.signal } : {}).finally(() => reasons.push(job.signal.reason));
  }, { concurrency: 6 });
  const running = worker.run();
  await until(() => begun === 6, 'the worker does not begin');
  const stopped = performance.now();
  await worker.stop(200);
  assert.ok(performance.now() - stopped < 5_000, 'the stop has waited for the handlers');
  await running;
  assert.ok(reasons.length === 3 && reasons.every((reason) => reason instanceof StoppedError), `${reasons}`);
  const { active, waiting, releases, nacks, losses } = await queue.stats();
  assert.deepEqual({ active, waiting, releases, nacks, losses }, { active: 0, waiting: 10, releases: 6, nacks: 0, losses: 0 });
  const { items } = await queue.list('waiting');
  assert.ok(items.every(({ attempt }) => attempt === 1));
  assert.deepEqual(items.map(({ payload }) => payload), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

scenario('stop_while_idle', async (t, client) => {
  const { redis, queue } = await setUp(t, client, 0);
  const times = [];
  // On a busy machine one may be late; a stop that waits for its claim always is.
  while (times.length < 5 && !times.some((ms) => ms < 200)) {
    const worker = new Worker(redis, 'mail', () => {});
    const running = worker.run();
    await until(async () => (await queue.stats()).waiters === 1, 'the worker does not wait');
    const begun = performance.now();
    await worker.stop();
    await running;
    times.push(performance.now() - begun);
  }
  assert.ok(times.some((ms) => ms < 200), `the stops have taken ${times} ms`);
}, { oneByOne: true });

scenario('stop_while_writes_are_paused', async (t, client) => {
  const { server, redis, queue } = await setUp(t, client, 0);
  const { control } = server;
  const blockedClaim = async () => /^id=(\d+) .* flags=\w*b.* cmd=jq\.claim /m.exec(await control.client('LIST'))?.[1];
  const waiters = async () => (await queue.stats()).waiters;
  const worker = new Worker(redis, 'mail', () => {});
  const running = worker.run();
  await until(async () => (await waiters()) === 1, 'the worker does not wait');
  await control.client('PAUSE', 2_000, 'WRITE');
  await control.client('UNBLOCK', await blockedClaim()); // the worker claims again
  await until(async () => (await blockedClaim()) && (await waiters()) === 0, 'the server does not hold back the next claim');
  const died = once(server.process, 'exit').then(() => assert.fail('the server has died'));
  const stopped = worker.stop().then(() => running).then(() => control.ping());
  assert.equal(await Promise.race([stopped, died]), 'PONG');
});

scenario('stop_while_writes_are_refused', async (t, client) => {
  const { server, redis, queue } = await setUp(t, client, 0);
  const worker = new Worker(redis, 'mail', () => {});
  const running = worker.run();
  await until(async () => (await queue.stats()).waiters === 1, 'the worker does not wait');
  await server.control.config('SET', 'min-replicas-to-write', 1);
  const begun = performance.now();
  await worker.stop();
  await running;
  assert.ok(performance.now() - begun < 4_000);
});

scenario('a second stop does not wait', async (t, client) => {
  const { redis } = await setUp(t, client, 1);
  let isRunning = false;
  const worker = new Worker(redis, 'mail', () => {
    isRunning = true;
    return sleep(10_000);
  });
  const running = worker.run();
  await until(() => isRunning, 'the worker does not begin');
  const first = worker.stop();
  await sleep(50);
  const begun = performance.now();
  await worker.stop();
  await Promise.all([first, running]);
  assert.ok(performance.now() - begun < 3_000);
});
