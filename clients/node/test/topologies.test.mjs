// More than one server: Sentinel, and a cluster.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Queue, Worker } from 'redis-jq';
import { scenario } from './harness/clients.mjs';
import { moveSlot, startCluster } from './harness/cluster.mjs';
import { Server } from './harness/server.mjs';
import { sleep, until } from './harness/wait.mjs';

const COUNT = 500;

/** A worker on `queue`, and the numbers of the jobs that it has begun and completed. */
function startWorker(connection, name) {
  const begun = [];
  const completed = [];
  const worker = new Worker(connection, name, async (job) => {
    begun.push(job.payload);
    await sleep(20);
  }, { concurrency: 4 });
  worker.on('completed', (job) => completed.push(job.payload));
  worker.on('error', () => {});
  return { worker, begun, completed, running: worker.run() };
}

const jobs = Array.from({ length: COUNT }, (_, payload) => ({ payload }));

scenario('sentinel_failover', async (t, client) => {
  const primary = await Server.start(t);
  const replica = await Server.start(t, { replicaof: `127.0.0.1 ${primary.port}` });
  const isLinked = async () => (await replica.control.info('replication')).includes('master_link_status:up');
  await until(isLinked, 'the replica does not connect');
  const sentinel = await startSentinel(t, primary);
  const redis = await client.sentinel(t, sentinel.port, 'main');
  await new Queue(redis, 'mail').addMany(jobs);
  const { worker, completed, running } = startWorker(redis, 'mail');
  await until(() => completed.length > 50, 'the worker does not begin');
  await primary.control.call('WAIT', 1, 1_000);
  await primary.kill();
  const queue = new Queue(replica.control, 'mail');
  const isDone = async () => (await queue.stats()).acks === COUNT;
  await until(isDone, () => `only ${completed.length} are completed`, 30_000);
  // The server has counted an ACK before the worker hears of it.
  await until(() => new Set(completed).size === COUNT, () => `the worker was told of ${completed.length}`);
  const { active, waiting, losses } = await queue.stats();
  assert.deepEqual({ active, waiting, losses }, { active: 0, waiting: 0, losses: 0 });
  await worker.stop();
  await running;
});

async function startSentinel(t, primary) {
  const file = join(primary.folder, 'sentinel.conf');
  writeFileSync(file, [
    `sentinel monitor main 127.0.0.1 ${primary.port} 1`,
    'sentinel down-after-milliseconds main 500',
    'sentinel failover-timeout main 3000',
  ].join('\n'));
  const sentinel = await Server.start(t, { sentinel: file });
  const knows = async () => (await sentinel.control.call('SENTINEL', 'replicas', 'main')).length === 1;
  await until(knows, 'Sentinel does not find the replica');
  return sentinel;
}

scenario('producers of a cluster ask the node that has the queue', async (t, client) => {
  const nodes = await startCluster(t);
  const redis = await client.cluster(t, nodes.map(({ url }) => url));
  await new Queue(redis, 'first').stats(); // the client knows the slots now
  await Promise.all(nodes.map(({ control }) => control.config('RESETSTAT')));
  for (let n = 0; n < 30; n += 1) await new Queue(redis, `queue:${n}`).add(n);
  const errors = await Promise.all(nodes.map(({ control }) => control.info('errorstats')));
  assert.doesNotMatch(errors.join(), /MOVED/);
});

scenario('cluster_moved_slot', async (t, client) => {
  const nodes = await startCluster(t);
  const redis = await client.cluster(t, nodes.map(({ url }) => url));
  const queue = new Queue(redis, '{shop}mail');
  await queue.addMany(jobs);
  const { worker, begun, completed, running } = startWorker(redis, queue.name);
  await until(() => completed.length > 30, 'the worker does not begin');
  await moveSlot(nodes, queue.name, async () => {
    const before = completed.length;
    await until(() => completed.length > before + 20, 'the worker does not follow the key');
  });
  assert.ok(completed.length < COUNT, 'the slot was moved too late');
  await until(() => completed.length === COUNT, () => `only ${completed.length} are completed`);
  await worker.stop();
  await running;
  assert.equal(begun.length, COUNT, 'a job has run twice');
  assert.equal(new Set(completed).size, COUNT);
  const { acks, losses, active } = await queue.stats();
  assert.deepEqual({ acks, losses, active }, { acks: COUNT, losses: 0, active: 0 });
});
