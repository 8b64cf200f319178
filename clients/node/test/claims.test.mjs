// How claims share the slots of a worker, and how they end: without a server.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { sleep, until } from './harness/wait.mjs';

const require = createRequire(import.meta.url);
const { Engine } = require('../dist/worker/engine.js');
const { orderOf } = require('../dist/worker/order.js');
const { Slots } = require('../dist/worker/slots.js');

const BLOCK = 5_000;

function sharedBy(shards, slots) {
  const shared = new Slots({ slots, group: 1, block: BLOCK }, () => {});
  const takers = Array.from({ length: shards }, () => shared.join());
  /** What each of these is granted, in the order of the grants. */
  const grants = [];
  const take = (taker) => void shared.take(taker).then((grant) => grants.push({ shard: takers.indexOf(taker), ...grant }));
  return { shared, takers, grants, take };
}

/** Lets promises that are settled be heard. */
const heard = () => sleep(0);

test('the claims of one queue get all that is free, and wait for long', async () => {
  const { shared, takers: [only], grants, take } = sharedBy(1, 10);
  take(only);
  await heard();
  assert.deepEqual(grants, [{ shard: 0, count: 10, wait: BLOCK }]);
  assert.equal(shared.next(only, 3), 3);
});

test('where slots are many, each shard without jobs has one, and a shard with jobs the others', async () => {
  const { shared, takers, grants, take } = sharedBy(3, 20);
  takers.forEach(take);
  await heard();
  assert.deepEqual(grants.splice(0), [0, 1, 2].map((shard) => ({ shard, count: 1, wait: BLOCK })));
  shared.noteClaim(takers[1], 1, 1); // it got what it asked for, and the job runs in its slot
  take(takers[1]);
  await heard();
  assert.deepEqual(grants.splice(0), [{ shard: 1, count: 17, wait: 0 }]);
  assert.equal(shared.next(takers[1], 5), 5, 'nobody else wants them');
  shared.noteClaim(takers[2], 1, 1);
  take(takers[2]);
  assert.equal(shared.next(takers[1], 5), 0, 'more than its share while another waits');
  shared.give(takers[1], 5);
  await heard();
  assert.deepEqual(grants.splice(0), [{ shard: 2, count: 5, wait: 0 }]);
});

test('where slots are few, shards take turns, and wait only while none has jobs', async () => {
  const { shared, takers, grants, take } = sharedBy(4, 1);
  takers.forEach(take);
  await heard();
  const [first] = grants.splice(0);
  assert.deepEqual([first.shard, first.count], [0, 1]);
  assert.ok(first.wait > 0 && first.wait <= 250, `${first.wait}`);
  shared.noteClaim(takers[0], 1, 1);
  take(takers[0]);
  assert.ok(takers[0].turnEnd > performance.now() - 10_000 && takers[0].turnEnd < performance.now() + 1_000);
  takers[0].turnEnd = Infinity;
  assert.equal(shared.next(takers[0], 1), 1, 'its turn is not over');
  takers[0].turnEnd = 0;
  assert.equal(shared.next(takers[0], 1), 0, 'its turn is over, and others wait');
  for (const shard of [1, 2, 3, 0]) {
    shared.give(takers[shard === 0 ? 3 : shard - 1], 1);
    await heard();
    assert.deepEqual(grants.splice(0), [{ shard, count: 1, wait: 0 }]);
    if (shard > 0) take(takers[shard]);
  }
});

test('slots of a request whose reply is late go to the other shards, and are not given back twice', async () => {
  const { shared, takers, grants, take } = sharedBy(2, 1);
  takers.forEach(take);
  await heard();
  const end = shared.lend(takers[0], grants.splice(0)[0].count, 0);
  await until(() => grants.length > 0, 'the slot is kept');
  assert.deepEqual([grants[0].shard, grants[0].count, takers[0].held, end()], [1, 1, 0, 0]);

  const prompt = shared.lend(takers[1], 1, 0);
  assert.equal(prompt(), 1);
});

test('a run that HELD has found begins in the next slot that is free, before any claim', async () => {
  const begun = [];
  const shared = new Slots({ slots: 1, group: 1, block: BLOCK }, (group) => begun.push(...group));
  const [one, other] = [shared.join(), shared.join()];
  await shared.take(one);
  shared.give(other, 0, ['found']);
  let isGranted = false;
  void shared.take(other).then(() => (isGranted = true));
  shared.give(one, 1);
  await heard();
  assert.deepEqual([begun, isGranted], [['found'], false]);
});

/** Servers that the connections of an engine are opened to, one after the other; what is sent is written down. */
class FakeSource {
  sent = [];
  /** Claims that wait, by the id of their connection. */
  claims = new Map();
  /** Where connections are opened, and how many more; the others never come. */
  server = 'one';
  left = 2;
  #ids = 0;

  async open() {
    const { server } = this;
    this.left -= 1;
    if (this.left < 0) await new Promise(() => {});
    const id = (this.#ids += 1);
    return { server, send: (command) => this.#reply(server, id, command), close: () => {} };
  }

  #reply(server, id, command) {
    this.sent.push(`${server}: ${command.join(' ')}`);
    if (command[1] === 'ID') return Promise.resolve(id);
    if (command[1] === 'UNBLOCK') {
      this.claims.get(command[2])?.resolve(null);
      return Promise.resolve(1);
    }
    if (!command.includes('BLOCK')) return this.server === server ? Promise.resolve([]) : Promise.reject(new Error('closed'));
    return new Promise((resolve, reject) => this.claims.set(id, { resolve, reject }));
  }
}

function startEngine(source, block = BLOCK) {
  const origin = { source, mayGrow: false, orders: async () => [orderOf('mail')], close: () => {} };
  const ignored = () => {};
  const hooks = { handle: ignored, claimed: ignored, ended: ignored, lost: ignored, failing: ignored, idle: ignored };
  const kind = { slots: 1, group: 1, block, claimWords: [], asksNext: true };
  const engine = new Engine({ ...kind, ...hooks, origin, name: 'me', lease: 30_000 });
  engine.start();
  return engine;
}

const unblocks = ({ sent }) => sent.filter((line) => line.includes('UNBLOCK'));

test('after a claim is lost HELD is asked at once, and again when its BLOCK is over, sooner than the next heartbeat', async () => {
  const source = new FakeSource();
  const engine = startEngine(source, 100);
  const asked = () => source.sent.filter((line) => line.includes('HELD')).length;
  await until(() => source.claims.size === 1, 'it does not claim');
  const before = asked();
  source.left = 1;
  const [claim] = source.claims.values();
  claim.reject(new Error('closed'));
  await until(() => asked() === before + 2, () => `it was asked ${asked() - before} times`, 5_000);
  engine.giveUp();
});

test('a stop ends the claim that waits, at its server', async () => {
  const source = new FakeSource();
  const engine = startEngine(source);
  await until(() => source.claims.size === 1, 'it does not claim');
  const [id] = source.claims.keys();
  await engine.stop(10_000);
  assert.deepEqual([...new Set(unblocks(source))], [`one: CLIENT UNBLOCK ${id}`]);
});

test('a stop after a failover ends no claim of another client that has the id at the new server', async () => {
  const source = new FakeSource();
  const engine = startEngine(source);
  await until(() => source.claims.size === 1, 'it does not claim');
  source.server = 'two';
  source.left = 1; // for HELD; the connection that claims does not come back
  const [claim] = source.claims.values();
  claim.reject(new Error('closed'));
  const isBack = () => source.sent.some((line) => line.startsWith('two: JQ.CLAIM mail me HELD'));
  await until(isBack, 'it does not go on at the new server');
  await engine.stop(100);
  assert.deepEqual(unblocks(source), []);
});
