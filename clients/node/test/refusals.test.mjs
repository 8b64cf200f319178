// What waiting does not mend ends the worker with an error that says what to do.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  FatalError,
  JqError,
  NoModuleError,
  NoPermissionError,
  NotNowError,
  Queue,
  RefusedError,
  Worker,
  WrongTypeError,
} from 'redis-jq';
import { scenario } from './harness/clients.mjs';
import { Server } from './harness/server.mjs';
import { sleep, until } from './harness/wait.mjs';

scenario('wrong_rights', async (t, client) => {
  const server = await Server.start(t);
  await server.control.call('ACL', 'SETUSER', 'weak', 'on', '>secret', '~*', '+@all', '-jq.claim');
  const redis = await client.connect(t, server.url.replace('//', '//weak:secret@'));
  await new Queue(redis, 'mail').add('hello');
  await server.control.config('RESETSTAT');
  const errors = [];
  const worker = new Worker(redis, 'mail', () => assert.fail('it runs'));
  worker.on('error', (error) => errors.push(error));
  await assert.rejects(worker.run(), (error) => {
    assert.ok(error instanceof NoPermissionError && error instanceof JqError);
    assert.match(error.message, /jq\.claim/i);
    return true;
  });
  assert.deepEqual(errors, []);
  const info = await server.control.info('commandstats');
  const refused = Number(/cmdstat_jq\.claim:calls=\d+.*rejected_calls=(\d+)/.exec(info)[1]);
  assert.ok(refused <= 2, `it was refused ${refused} times`);
});

scenario('the rights that the README names are enough for a worker', async (t, client) => {
  const server = await Server.start(t);
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const rights = readme.match(/\+(jq\.|client\|)\w+/g);
  assert.ok(rights.length >= 10, `${rights}`);
  await server.control.call('ACL', 'SETUSER', 'worker', 'on', '>secret', '~mail', '~other', '-@all', ...rights);
  const queue = new Queue(server.control, 'mail');
  await queue.addMany(['ok', 'fail', 'later', 'steps'].map((id) => ({ id, payload: id })));
  const redis = client.lazy(server.url.replace('//', '//worker:secret@'));
  const told = [];
  const worker = new Worker(redis, ['mail', 'other'], async (job) => {
    if (job.id === 'fail') throw new FatalError('no');
    if (job.id === 'later') throw new NotNowError(60_000);
    if (job.id === 'steps') await sleep(1_300); // a heartbeat is in it
    if (job.id === 'steps') await Promise.all([job.progress(1), job.log('a line'), job.extend(4_000)]);
  }, { lease: 3_000 });
  for (const event of ['completed', 'failed', 'lost']) worker.on(event, (job) => told.push(`${event} ${job.id}`));
  const running = worker.run();
  await until(() => told.length === 3, () => `${told}`);
  await worker.stop();
  await running;
  assert.ok((await server.calls())['client|unblock'] > 0, 'the claim was not ended');
  assert.deepEqual(told, ['completed ok', 'failed fail', 'completed steps']);
});

scenario('no_module', async (t, client) => {
  const server = await Server.start(t, { module: '' });
  const redis = await client.connect(t, server.url);
  const says = (error) => {
    assert.ok(error instanceof NoModuleError);
    assert.match(error.message, /loadmodule .*libredis_jq\.so/);
    return true;
  };
  await assert.rejects(new Queue(redis, 'mail').add('hello'), says);
  await assert.rejects(new Worker(redis, 'mail', () => {}).run(), says);
});

scenario('errors have the class of their code', async (t, client) => {
  const server = await Server.start(t);
  const redis = await client.connect(t, server.url);
  const queue = new Queue(redis, 'mail');
  await server.control.set('text', 'no queue');
  await assert.rejects(new Queue(redis, 'text').add('hello'), WrongTypeError);
  await assert.rejects(new Worker(redis, 'text', () => {}).run(), WrongTypeError);
  await assert.rejects(queue.add('hello', { delay: Number.NaN }), RefusedError);
  await assert.rejects(queue.call('JQ.CONFIG', 'no-such', 1), { name: 'RefusedError', code: 'ERR' });
  await queue.config({ 'max-jobs': 1 });
  await queue.add('first', { batch: 'all' });
  await assert.rejects(queue.add('second'), { name: 'QueueFullError', code: 'JQFULL' });
  await queue.config({ 'max-jobs': 0 });
  await queue.seal('all');
  await assert.rejects(queue.add('second', { batch: 'all' }), { name: 'BatchSealedError', code: 'JQSEALED' });
});
