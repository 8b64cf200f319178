// The commands of a queue over several keys: on one server, which has them all.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Queue, RefusedError, ShardCountError, ShardedQueue, Worker } from 'redis-jq';
import { scenario } from './harness/clients.mjs';
import { Server } from './harness/server.mjs';
import { until } from './harness/wait.mjs';
import { complete } from './harness/work.mjs';

const { shardOf } = createRequire(import.meta.url)('../dist/shards/placement.js');

const some = { only: (name) => ['ioredis 5', 'node-redis 5, RESP3'].includes(name) };
const SHARDS = 4;
const ids = Array.from({ length: 40 }, (_, number) => `job:${number}`);

async function setUp(t, client) {
  const server = await Server.start(t);
  const redis = await client.connect(t, server.url);
  return { server, redis, queue: new ShardedQueue(redis, 'mail', { shards: SHARDS }) };
}

/** All items of a listing. */
async function all(list) {
  const items = [];
  for (let cursor; cursor !== '0'; ) {
    const page = await list(cursor);
    items.push(...page.items);
    ({ cursor } = page);
  }
  return items;
}

scenario('commands on ids reach their shards, and answers come in the order of the ids', async (t, client) => {
  const { redis, queue } = await setUp(t, client);
  const outcomes = await queue.addMany(ids.map((id) => ({ id, payload: id, delay: 60_000 })), { priority: 2 });
  assert.deepEqual(outcomes.map(({ id, state }) => [id, state]), ids.map((id) => [id, 'delayed']));
  for (const id of ids) assert.equal((await new Queue(redis, `mail:${shardOf(id, SHARDS)}`).get(id)).payload, id);
  assert.deepEqual(await queue.add('again', { id: 'job:3' }), { id: 'job:3', outcome: 'duplicate', state: 'delayed' });
  assert.match((await queue.add('x', { delay: 60_000 })).id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  const { payload, priority } = await queue.get('job:7');
  assert.deepEqual({ payload, priority }, { payload: 'job:7', priority: 2 });
  assert.deepEqual([await queue.get('unknown'), await queue.explain('unknown'), await queue.logs('unknown')], [null, null, null]);
  assert.equal((await queue.explain('job:7')).state, 'delayed');
  assert.deepEqual([await queue.change('job:1', { priority: 1 }), await queue.change('unknown', { priority: 1 })], [1, -1]);
  assert.deepEqual(await queue.promote(['job:1', 'unknown', ...ids]), [1, -1, 1, 0, ...Array(38).fill(1)]);
  assert.deepEqual(await queue.cancel(['job:9', 'unknown', 'job:2']), [1, -1, 1]);
  assert.deepEqual(await queue.remove('job:3'), [1]);
  assert.deepEqual([await queue.log('job:4', 'one', 'two'), await queue.log('unknown', 'line')], [2, -1]);
  assert.deepEqual(await queue.logs('job:4'), { total: 2, lines: ['one', 'two'] });
  assert.equal((await queue.awaitJob('job:5', { timeout: 20 })).state, 'waiting');
}, some);

scenario('failed and completed jobs run again by their ids', async (t, client) => {
  const { queue } = await setUp(t, client);
  await queue.config({ keepCompleted: 60_000 });
  await queue.addMany(ids.map((id) => ({ id, payload: id })), { attempts: 1 });
  let isBroken = true;
  const failed = [];
  const worker = new Worker(queue, (job) => {
    if (isBroken && job.id.endsWith('5')) throw new Error('broken');
    return { done: job.id };
  }, { concurrency: 8 });
  worker.on('failed', (job) => failed.push(job.id));
  let done = 0;
  worker.on('completed', () => {
    done += 1;
    if (done === 36) {
      isBroken = false;
      void queue.retry(['job:5', 'job:15', 'unknown']).then((answers) => assert.deepEqual(answers, [1, 1, -1]));
      void queue.retryAll({ ids: true, cursor: '0' }).then(async (round) => {
        while (round.cursor !== '0') round = await queue.retryAll({ ids: true, cursor: round.cursor });
      });
    }
    if (done === 40) void queue.rerun(['job:1', 'unknown']).then((answers) => assert.deepEqual(answers, [1, -1]));
    if (done === 41) void worker.stop();
  });
  await worker.run();
  assert.deepEqual(failed.sort(), ['job:15', 'job:25', 'job:35', 'job:5']);
  assert.deepEqual(await queue.awaitJob('job:7'), { state: 'completed', result: { done: 'job:7' } });
  assert.equal(await queue.awaitIdle(), 0);
}, some);

scenario('listings and rounds go through all shards, and numbers are summed', async (t, client) => {
  const { queue } = await setUp(t, client);
  await queue.addMany(ids.map((id) => ({ id, payload: id, name: 'kind', group: 'all' })));
  assert.deepEqual((await all((cursor) => queue.ids('waiting', { count: 3, cursor }))).sort(), [...ids].sort());
  const jobs = await all((cursor) => queue.list('waiting', { count: 100, cursor }));
  assert.deepEqual(jobs.map(({ payload }) => payload).sort(), [...ids].sort());
  await assert.rejects(queue.ids('waiting', { cursor: '9:0' }), RangeError);
  assert.equal((await all((cursor) => queue.names({ cursor }))).reduce((sum, { waiting }) => sum + waiting, 0), 40);
  assert.equal((await all((cursor) => queue.groups({ cursor }))).length, SHARDS);
  assert.deepEqual(await all((cursor) => queue.workers({ cursor })), []);
  assert.equal(await queue.count('waiting', { name: 'kind' }), 40);
  const { waiting, added, nextDueMs, paused } = await queue.stats();
  assert.deepEqual({ waiting, added, nextDueMs, paused }, { waiting: 40, added: 40, nextDueMs: -1, paused: 0 });
  assert.equal((await queue.series(2)).reduce((sum, minute) => sum + minute.added, 0), 40);
  assert.ok((await queue.series(2)).length <= 2);
  assert.deepEqual(await queue.check(), []);
  assert.deepEqual([await queue.pause(), await queue.pause(), (await queue.stats()).paused], [true, false, 1]);
  assert.deepEqual([await queue.resume(), await queue.resume()], [true, false]);
  assert.equal((await queue.config({ concurrency: 7 })).concurrency, 7);
  const settings = await Promise.all((await queue.shards()).map((shard) => shard.config()));
  assert.deepEqual(settings.map(({ concurrency }) => concurrency), [7, 7, 7, 7]);
  const group = await queue.group('all', { concurrency: 3 });
  assert.deepEqual([group.waiting, group.concurrency], [40, 3]);
  const purged = [];
  for (let cursor; cursor !== '0'; ) {
    const round = await queue.purge('waiting', { count: 6, ids: true, cursor });
    purged.push(...round.ids);
    ({ cursor } = round);
  }
  assert.deepEqual(purged.sort(), [...ids].sort());
  assert.deepEqual([(await queue.cancelAll()).changed, (await queue.promoteAll()).changed], [0, 0]);
}, some);

scenario('events of all shards are read, and gone on with from a position', async (t, client) => {
  const { queue } = await setUp(t, client);
  await queue.config({ eventsMax: 1_000 });
  await queue.addMany(ids.map((id) => ({ id, payload: id })));
  const seen = [];
  const first = queue.events({ only: ['added'] });
  for await (const event of first) {
    assert.equal(event.queue, `mail:${shardOf(event.job, SHARDS)}`);
    if (seen.push(event.job) === 25) break;
  }
  await queue.grow(SHARDS + 2);
  const later = ids.map((id) => `later:${id}`);
  const second = queue.events({ only: ['added'], after: first.position });
  for await (const event of second) {
    if (seen.push(event.job) === 40) await queue.addMany(later.map((id) => ({ id, payload: id })));
    if (seen.length === 80) break;
  }
  assert.deepEqual(seen.sort(), [...ids, ...later].sort());
  assert.equal(first.missed + second.missed, 0);

  const waiting = queue.events({ after: '$' });
  setTimeout(() => waiting.close(), 100);
  for await (const event of waiting) assert.fail(`there is ${event.event}`);
  assert.throws(() => queue.events({ after: '170-1' }), RefusedError);
  assert.match(await queue.emit('deployed', { by: 'ada' }, { job: 'job:1' }), /^\d+-\d+$/);
  const emitted = queue.events({ only: ['deployed'] });
  for await (const { queue: key, job, fields } of emitted) {
    assert.deepEqual([key, job, fields.by], [`mail:${shardOf('job:1', SHARDS + 2)}`, 'job:1', 'ada']);
    break;
  }
  assert.ok((await queue.trimEvents(0)) > 80);
}, some);

scenario('a batch and its jobs are on one shard', async (t, client) => {
  const { queue } = await setUp(t, client);
  const added = await queue.addMany(Array.from({ length: 20 }, (_, payload) => ({ payload })), { batch: 'import' });
  assert.ok(added.every(({ id }) => /^\{import\}:[0-9a-f]{8}-/.test(id)));
  await queue.add('report', { id: '{import}:report', afterok: 'import' });
  await assert.rejects(queue.add('x', { id: 'x', batch: 'import' }), /the batch \{import\} and the id \{import\}:x/);
  await assert.rejects(queue.addMany([{ id: '{a}', payload: 1 }], { after: '{b}' }), RefusedError);
  assert.deepEqual([await queue.seal('import'), await queue.seal('import')], [true, false]);
  const { total, pending } = await queue.batch('import');
  assert.deepEqual({ total, pending }, { total: 20, pending: 20 });
  assert.deepEqual((await all((cursor) => queue.batches({ cursor }))).map(({ batch }) => batch), ['import']);
  const ended = queue.awaitBatch('import');
  const order = await complete(new Worker(queue, () => {}), 21);
  assert.equal(order.at(-1), '{import}:report');
  assert.equal((await ended).completed, 20);
  assert.deepEqual([await queue.forget('import'), await queue.batch('import')], [true, null]);
}, some);

scenario('while a queue grows, its jobs, batches and schedules are found where they were', async (t, client) => {
  const { server, redis, queue } = await setUp(t, client);
  const late = new ShardedQueue(redis, 'mail', { shards: SHARDS });
  await late.stats();
  const moved = ids.find((id) => shardOf(id, SHARDS) !== shardOf(id, 9));
  const movedBatch = ids.map((id) => `batch of ${id}`).find((id) => shardOf(id, SHARDS) !== shardOf(id, 9));
  await queue.addMany(ids.map((id) => ({ id, payload: id })));
  await queue.add('member', { batch: movedBatch });
  await queue.schedule(moved, 'tick', { every: 3_600_000 });
  await queue.grow(9);

  await assert.rejects(new Queue(redis, `mail:${shardOf(moved, SHARDS)}`).add('x', { shards: SHARDS }), ShardCountError);
  assert.equal((await queue.get(moved)).payload, moved);
  assert.deepEqual(await queue.cancel(ids), ids.map(() => 1));
  const fresh = Array.from({ length: 40 }, (_, number) => `fresh:${number}`);
  await queue.addMany(fresh.map((id) => ({ id, payload: id })));
  for (const id of fresh) assert.equal((await late.get(id)).payload, id, 'who counts on another number does not find it');
  const again = await queue.addMany([...ids, ...fresh].map((id) => ({ id, payload: id })));
  assert.ok(again.every(({ outcome }) => outcome === 'duplicate'));

  await assert.rejects(queue.add('member', { batch: movedBatch }), /before the queue grew: take a new name/);
  assert.equal((await queue.batch(movedBatch)).total, 1);
  assert.equal(await queue.seal(movedBatch), true);
  await assert.rejects(queue.grow(12), /still growing from 4 to 9/);
  await assert.rejects(queue.grow(2), /cannot shrink/);
  await assert.rejects(queue.finishGrowth(), new RegExp(`the schedule ${moved} is still on mail:`));
  await queue.schedule(moved, 'tick', { every: 3_600_000 });
  assert.deepEqual((await queue.schedules()).map(({ name }) => name), [moved]);
  await queue.finishGrowth();
  await queue.finishGrowth();
  assert.deepEqual([await queue.unschedule(moved), await queue.unschedule(moved)], [true, false]);
  await queue.config({ lease: 5_000, backoff: 'fixed/70' });
  await queue.grow(12);
  const settings = await Promise.all((await queue.shards()).map((shard) => shard.config()));
  assert.deepEqual(settings, Array(12).fill({ ...settings[0], lease: 5_000, backoff: 'fixed/70', shards: 12, shardsBefore: 9 }));
  assert.equal((await server.control.keys('mail:*')).length, 12);
}, some);

scenario('a worker of all shards goes on with what its name holds, and its stop ends all claims', async (t, client) => {
  const { server, queue } = await setUp(t, client);
  await queue.addMany(ids.map((id) => ({ id, payload: id })));
  for (const key of await queue.keys()) await server.control.call('JQ.CLAIM', key, 'me', 'COUNT', 100, 'LEASE', 60_000);
  const completed = [];
  const worker = new Worker(queue, () => {}, { name: 'me', concurrency: 8 });
  worker.on('completed', (job) => completed.push(`${job.id} ${job.attempt}`));
  const running = worker.run();
  await until(() => completed.length === ids.length, () => `${completed.length} are completed`);
  assert.deepEqual(completed.sort(), ids.map((id) => `${id} 1`).sort());
  await until(async () => (await queue.stats()).waiters === SHARDS, 'it does not wait at all shards');
  const begun = performance.now();
  await worker.stop();
  await running;
  assert.ok(performance.now() - begun < 3_000, 'a claim was not ended');
  assert.equal((await queue.stats()).losses, 0);
}, some);

scenario('what a queue of shards takes as bytes, its workers get as bytes', async (t, client) => {
  const { redis } = await setUp(t, client);
  const queue = new ShardedQueue(redis, 'bytes', { shards: 2, payload: 'bytes' });
  await queue.addMany(ids.map((id) => ({ id, payload: Buffer.from([0xff, 0]) })));
  const seen = [];
  await complete(new Worker(queue, (job) => void seen.push(job.payload), { concurrency: 5 }), ids.length);
  assert.deepEqual(seen, ids.map(() => Buffer.from([0xff, 0])));
}, some);

scenario('a worker of many shards goes on when the server was away', async (t, client) => {
  const server = await Server.start(t, { appendonly: 'yes', appendfsync: 'always' });
  const redis = await client.connect(t, server.url);
  const queue = new ShardedQueue(redis, 'mail', { shards: 24 });
  await queue.addMany(ids.map((id) => ({ id, payload: id })));
  const warnings = [];
  const hear = (warning) => warnings.push(warning.name);
  process.on('warning', hear);
  t.after(() => process.off('warning', hear));
  const completed = [];
  let errors = 0;
  const worker = new Worker(queue, () => {}, { concurrency: 60 });
  worker.on('completed', (job) => completed.push(job.id));
  worker.on('error', () => (errors += 1));
  const running = worker.run();
  await until(async () => (await queue.stats()).waiters === 24, 'it does not wait at all shards');
  await server.kill();
  await until(() => errors >= 24, () => `only ${errors} errors`);
  await server.launch();
  await queue.addMany(ids.map((id) => ({ id: `later ${id}`, payload: id })));
  await until(() => completed.length === 2 * ids.length, () => `${completed.length} are completed`);
  await worker.stop();
  await running;
  assert.deepEqual(warnings.filter((name) => name === 'MaxListenersExceededWarning'), []);
}, some);

scenario('the number of shards is asked for where nobody has said it, and must be one', async (t, client) => {
  const { server, redis, queue } = await setUp(t, client);
  await assert.rejects(new ShardedQueue(redis, 'other').add('x'), /nobody has said yet how many shards other has/);
  assert.throws(() => new ShardedQueue(redis, 'other', { shards: 0 }), RangeError);
  await queue.add('x');
  assert.equal((await new ShardedQueue(redis, 'mail').keys()).length, SHARDS);
  // A shard that was deleted learns the number again.
  await server.control.del('mail:0');
  assert.equal((await new ShardedQueue(redis, 'mail', { shards: 2 }).keys()).length, SHARDS);
}, some);
