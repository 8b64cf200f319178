// What can be said without a server.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const require = createRequire(import.meta.url);
const { optionWords } = require('../dist/words.js');
const { orderOf } = require('../dist/worker/order.js');
const { Slots } = require('../dist/worker/slots.js');
const { answerCommands } = require('../dist/worker/answer-commands.js');
const { toFields } = require('../dist/reply.js');
const { toJqError, passes } = require('../dist/errors.js');
const { decode, encode } = require('../dist/payload.js');

test('options are keywords, durations whole milliseconds rounded up, and Infinity is for ever', () => {
  const words = (options) => optionWords(options).join(' ');
  assert.equal(words({ delay: 0.2, front: true, hold: false, px: undefined }), 'DELAY 1 FRONT');
  assert.equal(words({ keep: Infinity, dedup: -1 }), 'KEEP -1 DEDUP -1');
  assert.equal(words({ backoff: { fixed: 1.5 } }), 'BACKOFF FIXED 2');
  assert.equal(words({ backoff: { exponential: 100 }, attempts: 5 }), 'BACKOFF EXPONENTIAL 100 ATTEMPTS 5');
  assert.equal(words({ set: { a: '1', b: '2' }, unset: ['c', 'd'] }), 'SET a 1 SET b 2 UNSET c UNSET d');
  assert.equal(words({ at: new Date(1_700_000_000_000), priority: [1, 5] }), 'AT 1700000000000 PRIORITY 1 5');
});

test('weights give each queue its share, and one that was empty does not get all when it has jobs again', () => {
  const order = orderOf({ paid: 3, free: 1 });
  const serve = (count, hasJobs) => {
    const served = { paid: 0, free: 0 };
    for (let n = 0; n < count; n += 1) {
      const names = order.next();
      const queue = names.find(hasJobs);
      order.served(names, queue, 1);
      served[queue] += 1;
    }
    return served;
  };
  assert.deepEqual(serve(400, () => true), { paid: 300, free: 100 });
  assert.deepEqual(serve(100, (name) => name === 'free'), { paid: 0, free: 100 });
  const { paid } = serve(40, () => true);
  assert.ok(paid >= 29 && paid <= 32, `${paid} of 40`);
  assert.throws(() => orderOf({ paid: 0 }), RangeError);
  assert.throws(() => orderOf([]), TypeError);
});

test('answers that can be said in one command are', () => {
  let token = 0;
  const pending = (answer, more) => ({ run: { pair: [++token, `id${token}`] }, answer, ...more });
  const ack = (result) => ({ kind: 'ack', result: result && Buffer.from(result) });
  const nack = (message, isFatal = false) => ({ kind: 'nack', error: new Error(message), isFatal });
  const commands = answerCommands('q', [
    pending(ack()),
    pending(ack('a')),
    pending(nack('boom')),
    pending(ack()),
    pending(ack('b')),
    pending(nack('boom')),
    pending(nack('boom', true)),
    pending(ack('x'.repeat(2_000))),
    pending(ack(), { isAlone: true }),
    pending({ kind: 'release' }),
    pending({ kind: 'release', delay: 10 }),
  ]);
  assert.deepEqual(commands.map(({ words }) => words.join(' ').replace(/x{9,}/, '…')), [
    'JQ.ACK q 1 id1 4 id4',
    'JQ.ACK q 2 id2 5 id5 RESULT a b',
    'JQ.NACK q 3 id3 6 id6 ERROR boom',
    'JQ.NACK q 7 id7 ERROR boom FATAL',
    'JQ.ACK q 8 id8 RESULT …',
    'JQ.ACK q 9 id9',
    'JQ.RELEASE q 10 id10',
    'JQ.RELEASE q 11 id11 DELAY 10',
  ]);
});

test('maps become objects in camel case, and fields that are not known are kept', () => {
  const text = (value) => Buffer.from(value);
  const reply = [text('lease-until'), 5n, text('payload'), text('{"a":1}'), text('new-one'), text('kept')];
  reply.push(text('fields'), [text('my-field'), Buffer.from([0xff])], text('history'), [[text('ended-at'), 7]]);
  assert.deepEqual(toFields(reply, 'json'), {
    leaseUntil: 5,
    payload: { a: 1 },
    newOne: 'kept',
    fields: { 'my-field': Buffer.from([0xff]) },
    history: [{ endedAt: 7 }],
  });
  assert.equal(toFields(null, 'json'), null);
});

test('errors are told apart: refused by the server, waiting helps, or there was no reply', () => {
  const kind = (message) => {
    const error = toJqError(new Error(message));
    return [error.name, error.code, passes(error)];
  };
  assert.deepEqual(kind('JQFULL max-jobs is 1'), ['QueueFullError', 'JQFULL', false]);
  assert.deepEqual(kind('LOADING Redis is loading'), ['ServerStateError', 'LOADING', true]);
  assert.deepEqual(kind('WRONGPASS invalid username-password pair'), ['ServerStateError', 'WRONGPASS', false]);
  assert.deepEqual(kind('READONLY You can not write'), ['ReadOnlyError', 'READONLY', true]);
  assert.deepEqual(kind("ERR unknown command 'JQ.ADD', with args"), ['NoModuleError', 'NOMODULE', false]);
  assert.deepEqual(kind('ERR DELAY must be'), ['RefusedError', 'ERR', false]);
  assert.deepEqual(kind('connect ECONNREFUSED 127.0.0.1:6379'), ['ConnectionError', 'CONNECTION', true]);
  assert.deepEqual(kind('Socket closed unexpectedly'), ['ConnectionError', 'CONNECTION', true]);
  assert.deepEqual(kind(''), ['ConnectionError', 'CONNECTION', true]);
});

test('a payload that the format cannot say is refused, and one that it cannot read says why', () => {
  assert.equal(encode({ a: [1] }, 'json').toString(), '{"a":[1]}');
  assert.throws(() => encode(undefined, 'json'), TypeError);
  assert.throws(() => encode({ big: 1n }, 'json'), TypeError);
  assert.throws(() => encode({ a: 1 }, 'bytes'), TypeError);
  assert.deepEqual(encode(new Uint8Array([1, 2]), 'bytes'), Buffer.from([1, 2]));
  assert.throws(() => decode(Buffer.from('{'), 'json'), /no JSON/);
  assert.throws(() => decode(Buffer.from([0xff]), 'json'), /not even UTF-8/);
});

/** Lets `taker` claim, which gets all that it asks for. Resolves to how much that is. */
async function fill(slots, taker) {
  const { count } = await slots.take(taker);
  slots.noteClaim(taker, count, count);
  return count;
}

test('a slot is kept for a shard that has just begun', async () => {
  const slots = new Slots({ slots: 5, group: 1, block: 1_000 }, () => {});
  const [busy, late] = [slots.join(), slots.join()];
  assert.deepEqual([await fill(slots, busy), await fill(slots, busy)], [1, 3]);
  const next = fill(slots, busy);
  assert.equal(await fill(slots, late), 1);
  slots.close();
  assert.equal(await next, 0);
});

test('it is not kept for long', async () => {
  const slots = new Slots({ slots: 5, group: 1, block: 1_000 }, () => {});
  const [busy] = [slots.join(), slots.join()];
  assert.deepEqual([await fill(slots, busy), await fill(slots, busy), await fill(slots, busy)], [1, 3, 1]);
  slots.close();
});
