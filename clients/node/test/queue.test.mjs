// The commands of the manual by their methods, with RESP2 and RESP3.

import assert from 'node:assert/strict';
import { Queue } from 'redis-jq';
import { scenario } from './harness/clients.mjs';
import { Server } from './harness/server.mjs';

async function setUp(t, client) {
  const server = await Server.start(t);
  const redis = await client.connect(t, server.url);
  return { server, redis, queue: new Queue(redis, 'mail') };
}

scenario('producers', async (t, client) => {
  const { queue } = await setUp(t, client);
  assert.deepEqual(await queue.add({ a: 1 }, { id: 'one' }), { id: 'one', outcome: 'added', state: 'waiting' });
  assert.deepEqual(await queue.add({ a: 2 }, { id: 'one' }), { id: 'one', outcome: 'duplicate', state: 'waiting' });
  const many = await queue.addMany([{ payload: 1, delay: 5_000.5 }, { payload: 2, id: 'two', hold: true }, { payload: 3 }], { priority: 5 });
  assert.deepEqual(many.map(({ state }) => state), ['delayed', 'blocked', 'waiting']);
  assert.match(many[0].id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  const { payload, priority, state } = await queue.get('two');
  assert.deepEqual({ payload, priority, state }, { payload: 2, priority: 5, state: 'blocked' });
  assert.equal(await queue.get('unknown'), null);
  const next = await queue.schedule('nightly', { go: true }, { cron: '30 2 * * *', tz: 'Europe/Berlin', overlap: 'skip' });
  assert.ok(next > Date.now());
  const [nightly] = await queue.schedules();
  assert.deepEqual([nightly.name, nightly.cron, nightly.payload, nightly.next], ['nightly', '30 2 * * *', { go: true }, next]);
  assert.deepEqual([await queue.unschedule('nightly'), await queue.unschedule('nightly')], [true, false]);
  await queue.onExpire('cart:', { delay: 10 });
  const [rule] = await queue.expiryRules();
  assert.deepEqual([rule.prefix, rule.delay, rule.enqueued], ['cart:', 10, 0]);
  await queue.onExpire('cart:', 'off');
  assert.deepEqual(await queue.expiryRules(), []);
  assert.equal(await queue.log('one', 'a line'), 1);
  assert.deepEqual(await queue.logs('one'), { total: 1, lines: ['a line'] });
  assert.equal(await queue.logs('unknown'), null);
});

scenario('producers with the automatic pipelines of ioredis', async (t, client) => {
  const server = await Server.start(t);
  const redis = await client.connect(t, server.url, { enableAutoPipelining: true });
  const queue = new Queue(redis, 'del', { payload: 'bytes' }); // a name that would do harm as a command
  const jobs = Array.from({ length: 20 }, (_, number) => queue.add(Buffer.from([number, 255]), { id: `job:${number}` }));
  const [added, pong] = await Promise.all([Promise.all(jobs), redis.ping()]);
  assert.ok(added.every(({ outcome }) => outcome === 'added') && pong === 'PONG');
  assert.deepEqual((await queue.get('job:7')).payload, Buffer.from([7, 255]));
}, { only: (name) => name.startsWith('ioredis') });

scenario('readers', async (t, client) => {
  const { queue } = await setUp(t, client);
  await queue.addMany(Array.from({ length: 25 }, (_, n) => ({ id: `job:${n}`, payload: n, name: n % 2 ? 'odd' : 'even', group: 'all' })));
  assert.equal(await queue.count('waiting', { name: 'odd' }), 12);
  const ids = [];
  let cursor = '0';
  do {
    const page = await queue.ids('waiting', { count: 10, cursor });
    ids.push(...page.items);
    ({ cursor } = page);
  } while (cursor !== '0');
  assert.deepEqual(ids, Array.from({ length: 25 }, (_, n) => `job:${n}`));
  const { items } = await queue.list('waiting', { name: 'odd', skip: 1, count: 2 });
  assert.deepEqual(items.map(({ id, payload, name }) => [id, payload, name]), [['job:3', 3, 'odd'], ['job:5', 5, 'odd']]);
  assert.equal((await queue.stats()).waiting, 25);
  assert.equal((await queue.explain('job:1')).state, 'waiting');
  assert.equal((await queue.explain()).waiting, 25);
  assert.deepEqual((await queue.groups()).items.map(({ group, waiting }) => [group, waiting]), [['all', 25]]);
  assert.deepEqual((await queue.names()).items.map(({ name, waiting }) => [name, waiting]), [['even', 13], ['odd', 12]]);
  assert.deepEqual(await queue.workers(), { cursor: '0', items: [] });
  assert.equal((await queue.series(5)).reduce((sum, { added }) => sum + added, 0), 25);
  assert.deepEqual(await queue.check(), []);
  await queue.remove('job:0');
  assert.deepEqual((await queue.list('remembered')).items, []);
});

scenario('operators', async (t, client) => {
  const { server, queue } = await setUp(t, client);
  await queue.addMany(['a', 'b', 'c', 'd'].map((id) => ({ id, payload: id, delay: 60_000 })));
  assert.deepEqual(await queue.promote(['a', 'unknown']), [1, -1]);
  assert.equal(await queue.change('b', { payload: { new: true }, priority: 3, delay: 0 }), 1);
  const { payload, state, priority } = await queue.get('b');
  assert.deepEqual({ payload, state, priority }, { payload: { new: true }, state: 'waiting', priority: 3 });
  assert.deepEqual(await queue.cancel('a'), [1]);
  assert.deepEqual(await queue.promoteAll(), { cursor: '0', changed: 2 });
  const [[token, id]] = await server.control.call('JQ.CLAIM', 'mail', 'w');
  await server.control.call('JQ.NACK', 'mail', token, id, 'FATAL', 'ERROR', 'no');
  assert.deepEqual(await queue.retry(id), [1]);
  const [[again, other]] = await server.control.call('JQ.CLAIM', 'mail', 'w');
  await server.control.call('JQ.NACK', 'mail', again, other, 'FATAL');
  assert.deepEqual(await queue.retryAll({ front: true }), { cursor: '0', changed: 1 });
  assert.equal((await queue.cancelAll({ count: 2 })).changed, 2);
  assert.deepEqual(await queue.purge('waiting'), { cursor: '0', changed: 1 });
  assert.deepEqual([await queue.pause(), await queue.pause(), await queue.resume()], [true, false, true]);
  assert.deepEqual([await queue.pause({ group: 'g', for: 1_000 }), await queue.resume({ group: 'g', only: 'for' })], [true, true]);
  assert.equal((await queue.config({ keepCompleted: 500, rate: '10/1000' })).rate, '10/1000');
  assert.equal((await queue.config()).keepCompleted, 500);
  assert.equal((await queue.group('g', { concurrency: 7 })).ownConcurrency, 7);
  assert.deepEqual(await queue.call('JQ.REMOVE', 'a', 'unknown'), [1, -1]);
});

scenario('rounds name the jobs that they change, and completed jobs run again', async (t, client) => {
  const { server, queue } = await setUp(t, client);
  await queue.config({ keepCompleted: 60_000 });
  await queue.addMany(['a', 'b', 'c'].map((id) => ({ id, payload: id })));
  const [[token, id]] = await server.control.call('JQ.CLAIM', 'mail', 'w');
  await server.control.call('JQ.ACK', 'mail', token, id);
  assert.deepEqual(await queue.rerun([id, 'b', 'unknown'], { front: true }), [1, 0, -1]);
  const { changed, ids } = await queue.cancelAll({ ids: true, count: 2 });
  assert.deepEqual({ changed, ids }, { changed: 2, ids: ['a', 'b'] });
  assert.deepEqual(await queue.purge('waiting', { ids: true }), { cursor: '0', changed: 1, ids: ['c'] });
  assert.deepEqual(await queue.purge('waiting', { ids: true }), { cursor: '0', changed: 0, ids: [] });
});

scenario('events of an application', async (t, client) => {
  const { queue } = await setUp(t, client);
  assert.equal(await queue.emit('deployed'), null);
  await queue.config({ eventsMax: 10 });
  const position = await queue.emit('deployed', { by: 'ada' }, { job: 'one' });
  for await (const event of queue.events()) {
    assert.deepEqual([event.id, event.queue, event.event, event.job, event.fields], [position, 'mail', 'deployed', 'one', { by: 'ada' }]);
    break;
  }
  assert.deepEqual([await queue.trimEvents(0), await queue.trimEvents(0)], [1, 0]);
});

scenario('batches', async (t, client) => {
  const { server, queue } = await setUp(t, client);
  await queue.addMany([{ id: 'a', payload: 1 }], { batch: 'all' });
  await queue.add('report', { id: 'report', after: 'all' });
  assert.deepEqual([await queue.seal('all'), await queue.seal('all')], [true, false]);
  assert.equal((await queue.awaitBatch('all', { timeout: 30 })).pending, 1);
  assert.equal((await queue.awaitJob('a', { timeout: 30 })).state, 'waiting');
  assert.equal(await queue.awaitBatch('unknown'), null);
  const [[token]] = await server.control.call('JQ.CLAIM', 'mail', 'w');
  const waits = [queue.awaitBatch('all'), queue.awaitJob('a'), queue.awaitIdle()];
  await server.control.call('JQ.ACK', 'mail', token, 'a', 'RESULT', '[1]');
  const [batch, job, active] = await Promise.all(waits);
  assert.deepEqual([batch.completed, batch.finished, job, active], [1, 1, { state: 'completed', result: [1] }, 0]);
  assert.deepEqual((await queue.batches()).items.map(({ batch, total }) => [batch, total]), [['all', 1]]);
  assert.equal((await queue.batch('all')).total, 1);
  assert.deepEqual([await queue.forget('all'), await queue.forget('all')], [true, false]);
});
