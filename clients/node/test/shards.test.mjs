// One queue over several keys of a cluster: the scenarios of shards.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { Queue, ShardedQueue, Worker } from 'redis-jq';
import { scenario } from './harness/clients.mjs';
import { moveSlot, ownerOf, startCluster } from './harness/cluster.mjs';
import { sleep, until } from './harness/wait.mjs';

const { shardOf } = createRequire(import.meta.url)('../dist/shards/placement.js');

/** One cluster for all of them: each client has queues of its own. */
let nodes;
const ends = [];
before(async () => (nodes = await startCluster({ after: (end) => ends.push(end) })));
after(() => Promise.all(ends.map((end) => end())));

/** What the types of replies are makes no difference here. */
const each = { only: (name) => !name.includes('RESP3') };

const connect = (t, client) => client.cluster(t, nodes.map(({ url }) => url));
const nameOf = (client, scenario) => `${scenario} ${client.name}`;

/** Ids of a tag that is on `shard`. */
function idsOn(shard, shards, count) {
  let tag = 0;
  while (shardOf(`{${tag}}`, shards) !== shard) tag += 1;
  return Array.from({ length: count }, (_, number) => `{${tag}}:${number}`);
}

/** Adds jobs of these ids, 500 with each call. */
async function addAll(queue, ids) {
  const added = [];
  for (let at = 0; at < ids.length; at += 500) {
    added.push(...(await queue.addMany(ids.slice(at, at + 500).map((id) => ({ id, payload: id })))));
  }
  return added;
}

scenario('shards_dedup', async (t, client) => {
  const redis = await connect(t, client);
  const name = nameOf(client, 'dedup');
  const ids = Array.from({ length: 10_000 }, (_, number) => `job:${number}`);
  const producers = [1, 2].map(() => new ShardedQueue(redis, name, { shards: 8 }));
  const outcomes = (await Promise.all(producers.map((queue) => addAll(queue, ids)))).flat();
  assert.deepEqual(outcomes.map(({ id }) => id), [...ids, ...ids]);
  assert.equal(outcomes.filter(({ outcome }) => outcome === 'added').length, ids.length);
  assert.equal(outcomes.filter(({ outcome }) => outcome === 'duplicate').length, ids.length);
  const { waiting, added, duplicates } = await producers[0].stats();
  assert.deepEqual({ waiting, added, duplicates }, { waiting: ids.length, added: ids.length, duplicates: ids.length });
  const shares = await Promise.all((await producers[0].shards()).map((queue) => queue.count('waiting')));
  assert.equal(shares.length, 8);
  assert.ok(shares.every((share) => share > 1_250 * 0.85 && share < 1_250 * 1.15), `${shares}`);
  // They are on all nodes.
  const counts = await Promise.all(nodes.map(({ control }) => control.dbsize()));
  assert.ok(counts.every((count) => count > 0), `${counts}`);
}, each);

scenario('shards_claimed_from_all', async (t, client) => {
  const redis = await connect(t, client);
  for (const { concurrency, many, ms } of [{ concurrency: 50, many: 10_000, ms: 1 }, { concurrency: 1, many: 400, ms: 3 }]) {
    const queue = new ShardedQueue(redis, `${nameOf(client, 'all')} ${concurrency}`, { shards: 8 });
    const few = [0, 1, 2, 4, 5, 6, 7].flatMap((shard) => idsOn(shard, 8, shard === 5 ? 10 : 1));
    await addAll(queue, idsOn(3, 8, many));
    await addAll(queue, few);
    const done = [];
    const worker = new Worker(queue, () => sleep(ms), { concurrency });
    worker.on('completed', ({ payload }) => done.push(payload));
    const running = worker.run();
    await until(() => done.length >= many + few.length, () => `${done.length} are done`, 120_000);
    await worker.stop();
    await running;
    assert.equal(new Set(done).size, many + few.length);
    // The shard with many jobs does not keep the others waiting until it has none.
    const last = Math.max(...few.map((id) => done.indexOf(id)));
    assert.ok(last < done.length * 0.8, `with concurrency ${concurrency} the last of the few is number ${last} of ${done.length}`);
    const { acks, losses, staleAcks, active } = await queue.stats();
    assert.deepEqual({ acks, losses, staleAcks, active }, { acks: done.length, losses: 0, staleAcks: 0, active: 0 });
  }
}, each);

/** Workers on all shards, and how often each id has run. */
function countRuns(queue) {
  const runs = new Map();
  const worker = new Worker(queue, (job) => void runs.set(job.payload, (runs.get(job.payload) ?? 0) + 1), { concurrency: 10 });
  worker.on('error', () => {});
  return { worker, runs, running: worker.run() };
}

/** Adds the same ids over and over, until `isOver`. Returns how often. */
async function addAgainAndAgain(queue, ids, isOver) {
  let rounds = 0;
  for (; !isOver() || rounds === 0; rounds += 1) {
    const half = ids.length / 2;
    await Promise.all(ids.slice(0, half).map((id) => queue.add(id, { id })));
    await addAll(queue, ids.slice(half));
    await sleep(10); // the workers have to run, too
  }
  return rounds;
}

scenario('shards_grow', async (t, client) => {
  const redis = await connect(t, client);
  const name = nameOf(client, 'grow');
  const ids = Array.from({ length: 120 }, (_, number) => `job:${number}`);
  const made = () => new ShardedQueue(redis, name);
  await new ShardedQueue(redis, name, { shards: 2 }).stats();
  const workers = [countRuns(made()), countRuns(made())];
  const runs = (id) => workers.reduce((sum, { runs }) => sum + (runs.get(id) ?? 0), 0);
  let isOver = false;
  const producers = [made(), made()];
  await addAll(producers[0], ids.slice(0, 50)); // some are done and remembered where they will not be looked for
  const adding = producers.map((queue) => addAgainAndAgain(queue, ids, () => isOver));
  const growing = made().grow(5);
  adding.push(addAgainAndAgain(made(), ids, () => isOver));
  await growing;
  adding.push(addAgainAndAgain(made(), ids, () => isOver));
  await addAll(producers[0], ids);
  await until(() => ids.every((id) => runs(id) > 0), () => `${ids.filter((id) => !runs(id))} have not run`, 30_000);
  isOver = true;
  await Promise.all(adding);

  // A growth that has died half way: the new keys know of it, and one of the old.
  await made().finishGrowth();
  for (const shard of [5, 6, 7, 2]) await new Queue(redis, `${name}:${shard}`).config({ shards: 8, shardsBefore: 5 });
  const later = Array.from({ length: 60 }, (_, number) => `later:${number}`);
  await addAll(producers[0], later);
  await addAll(made(), later);
  const settings = await Promise.all((await made().shards()).map((queue) => queue.config()));
  assert.deepEqual(settings.map(({ shards, shardsBefore }) => [shards, shardsBefore]), Array(8).fill([8, 5]));
  await until(() => later.every((id) => runs(id) > 0), () => `${later.filter((id) => !runs(id))} have not run`, 30_000);

  for (const { worker } of workers) await worker.stop();
  await Promise.all(workers.map(({ running }) => running));
  assert.deepEqual([...ids, ...later].filter((id) => runs(id) !== 1), [], 'some have run twice');
  const { added, acks } = await made().stats();
  assert.deepEqual({ added, acks }, { added: 180, acks: 180 });
}, each);

scenario('shards_moved_slot', async (t, client) => {
  const redis = await connect(t, client);
  const queue = new ShardedQueue(redis, nameOf(client, 'moved'), { shards: 6 });
  const ids = Array.from({ length: 1_000 }, (_, number) => `job:${number}`);
  await addAll(queue, ids);
  const begun = [];
  const completed = [];
  const worker = new Worker(queue, async (job) => {
    begun.push(job.payload);
    await sleep(30);
  }, { concurrency: 8 });
  worker.on('completed', (job) => completed.push(job.payload));
  worker.on('error', () => {});
  const running = worker.run();
  await until(() => completed.length > 60, 'the worker does not begin');
  await moveSlot(nodes, (await queue.keys())[2], async () => {
    const before = completed.length;
    await until(() => completed.length > before + 30, 'the worker does not go on');
  });
  assert.ok(completed.length < ids.length, 'the slot was moved too late');
  await until(() => completed.length === ids.length, () => `only ${completed.length} are completed`, 30_000);
  await worker.stop();
  await running;
  assert.deepEqual([begun.length, new Set(completed).size], [ids.length, ids.length]);
  const { acks, losses, active } = await queue.stats();
  assert.deepEqual({ acks, losses, active }, { acks: ids.length, losses: 0, active: 0 });
}, each);

scenario('a node that hangs holds up only its own shards', async (t, client) => {
  const redis = await connect(t, client);
  const queue = new ShardedQueue(redis, nameOf(client, 'hung'), { shards: 6 });
  const keys = await queue.keys();
  const owners = await Promise.all(keys.map((key) => ownerOf(nodes, key)));
  const victim = nodes.find((node) => node !== owners[0] && owners.includes(node));
  const ids = Array.from({ length: 400 }, (_, number) => `job:${number}`);
  const isHeldUp = (id) => owners[shardOf(id, 6)] === victim;
  await addAll(queue, ids);
  const begun = [];
  const completed = new Set();
  const worker = new Worker(queue, async (job) => {
    begun.push(job.payload);
    await sleep(20);
  }, { concurrency: 4, lease: 120_000 });
  worker.on('completed', (job) => completed.add(job.payload));
  worker.on('error', () => {});
  const running = worker.run();
  await until(() => completed.size > 40, 'the worker does not begin');
  process.kill(victim.process.pid, 'SIGSTOP');
  const others = ids.filter((id) => !isHeldUp(id));
  await until(() => others.every((id) => completed.has(id)), () => `${completed.size} are done`, 40_000).finally(() => {
    process.kill(victim.process.pid, 'SIGCONT');
  });
  assert.ok(completed.size < ids.length, 'the node hung too late');
  await until(() => completed.size === ids.length, () => `${completed.size} are done`, 30_000);
  await worker.stop();
  await running;
  assert.equal(begun.length, ids.length, 'a job has run twice');
}, { only: (name) => ['ioredis 5', 'node-redis 6'].includes(name), oneByOne: true });
