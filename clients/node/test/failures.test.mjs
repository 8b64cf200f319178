// Servers and workers that die.

import assert from 'node:assert/strict';
import { Queue, Worker } from 'redis-jq';
import { scenario } from './harness/clients.mjs';
import { startWorker } from './harness/child.mjs';
import { Server } from './harness/server.mjs';
import { sleep, until } from './harness/wait.mjs';

async function setUp(t, client, settings) {
  const server = await Server.start(t, settings);
  const redis = await client.connect(t, server.url);
  return { server, redis, queue: new Queue(redis, 'mail') };
}

scenario('server_killed', async (t, client) => {
  const { server, redis, queue } = await setUp(t, client, { appendonly: 'yes', appendfsync: 'always' });
  const COUNT = 600;
  await queue.addMany(Array.from({ length: COUNT }, (_, payload) => ({ payload })));
  const completed = [];
  const errors = [];
  const worker = new Worker(redis, 'mail', () => sleep(20), { concurrency: 10 });
  worker.on('completed', (job) => completed.push(job.payload));
  worker.on('error', (error) => errors.push(error));
  const lost = [];
  worker.on('lost', (job, reason) => lost.push(`${job.id}: ${reason}`));
  const running = worker.run();
  await until(() => completed.length > 100, 'the worker does not begin');
  await server.kill();
  await sleep(1_000);
  assert.ok(completed.length < COUNT, 'the server was killed too late');
  await server.launch();
  await until(() => completed.length + lost.length >= COUNT, () => `only ${completed.length} are completed`);
  await worker.stop();
  await running;
  assert.deepEqual(lost, []);
  assert.equal(new Set(completed).size, COUNT);
  assert.equal(completed.length, COUNT, 'a job was completed twice');
  assert.ok(errors.length > 0);
  // No job has waited for its lease of 30 seconds, and none was lost.
  const { active, waiting, losses } = await new Queue(server.control, 'mail').stats();
  assert.deepEqual({ active, waiting, losses }, { active: 0, waiting: 0, losses: 0 });
});

const processes = { only: (name) => name === 'ioredis 5' };

scenario('worker_killed', async (t, client) => {
  const { server, redis, queue } = await setUp(t, client);
  await queue.addMany([1, 2, 3].map((payload) => ({ id: `job:${payload}`, payload })));
  const first = startWorker(t, { url: server.url, queue: 'mail', name: 'first', lease: 2_500, kind: 'sleep' });
  await until(() => first.count('begun') === 2, 'the process does not begin');
  await first.kill();
  const killed = performance.now();
  const completed = [];
  const worker = new Worker(redis, 'mail', () => {});
  worker.on('completed', (job) => completed.push([job.id, job.attempt, performance.now() - killed]));
  const running = worker.run();
  await until(() => completed.length === 3, 'the jobs do not come back');
  await worker.stop();
  await running;
  assert.deepEqual(completed.map(([id, attempt]) => `${id} ${attempt}`), ['job:3 1', 'job:1 2', 'job:2 2']);
  assert.equal((await queue.stats()).losses, 2);
}, processes);

scenario('worker_restarted_by_name', async (t, client) => {
  const { server, queue } = await setUp(t, client);
  await queue.addMany([1, 2, 3].map((payload) => ({ id: `job:${payload}`, payload })));
  const process = { url: server.url, queue: 'mail', name: 'me', lease: 60_000 };
  const first = startWorker(t, { ...process, kind: 'sleep' });
  await until(() => first.count('begun') === 2, 'the process does not begin');
  await first.kill();
  const second = startWorker(t, { ...process, kind: 'return' });
  await until(() => second.count('completed') === 3, () => `it does not go on: ${JSON.stringify(second.said)}`);
  // The same runs, long before the end of their leases.
  assert.deepEqual(second.said.filter(({ what }) => what === 'completed').map(({ attempt }) => attempt), [1, 1, 1]);
  assert.equal((await queue.stats()).losses, 0);
}, processes);

scenario('blocked_loop', async (t, client) => {
  const { server, redis, queue } = await setUp(t, client);
  await queue.add('stuck', { id: 'stuck', attempts: 1 });
  const first = startWorker(t, { url: server.url, queue: 'mail', name: 'first', lease: 700, kind: 'loop' });
  await until(() => first.count('begun') === 1, 'the process does not begin');
  const completed = [];
  const worker = new Worker(redis, 'mail', () => {});
  worker.on('completed', (job) => completed.push(job.attempt));
  const running = worker.run();
  await until(() => completed.length === 1, 'the other worker does not get the job');
  await until(() => first.count('lost') === 1, 'the first worker does not notice');
  await worker.stop();
  await running;
  assert.deepEqual(completed, [2]);
  assert.deepEqual(first.said.map(({ what }) => what), ['begun', 'lost']);
  assert.equal((await queue.stats()).acks, 1);
}, processes);
