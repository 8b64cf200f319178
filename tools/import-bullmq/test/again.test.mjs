// Run twice, killed in the middle, kept back, dry: nothing is there twice, and nothing changes that should not.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Queue } from 'redis-jq';
import { until } from '../../../clients/node/test/harness/wait.mjs';
import { runImporter, startImporter } from './harness/importer.mjs';
import { runFailing } from './harness/libraries.mjs';
import { scenario } from './harness/scenario.mjs';
import { claimAll, digest, listJobs } from './harness/servers.mjs';

const isNewest = ({ name }) => name === 'Bull 4' || name === 'BullMQ 6';
const isBullmq6 = ({ name }) => name === 'BullMQ 6';

/** Some jobs in each state that is carried over. */
async function fill(source) {
  for (const jobId of ['f1', 'f2']) await source.add('mail', { reason: 'no' }, { jobId });
  await runFailing(source, 2);
  for (let n = 0; n < 5; n += 1) await source.add('mail', { n }, { priority: n % 3 });
  await source.add('mail', {}, { delay: 60_000 });
}

scenario('a dry run changes nothing on either side, and an import nothing at the source', async ({ from, to, open }) => {
  await fill(open('mail'));
  await to.control.call('JQ.ADD', 'other', '1', 'x');
  const before = [await digest(from), await digest(to)];
  const dry = await runImporter(from.url, to.url, '--queue', 'mail', '--dry-run');
  assert.equal(dry.code, 0, dry.stderr);
  assert.match(dry.stdout, /dry run: nothing was changed/);
  assert.match(dry.stdout, /delayed +1 to add\n +failed +2 to add/);
  assert.deepEqual([await digest(from), await digest(to)], before);

  assert.equal((await runImporter(from.url, to.url, '--queue', 'mail')).code, 0);
  assert.equal(await digest(from), before[0]);
  assert.notEqual(await digest(to), before[1]);
});

scenario('a second run adds nothing, also when jobs have ended meanwhile', async ({ from, to, open }) => {
  await fill(open('mail'));
  await runImporter(from.url, to.url, '--queue', 'mail');
  const queue = new Queue(to.control, 'mail');
  const [first] = await claimAll(queue);
  await queue.call('JQ.ACK', first.token, first.id);
  await queue.retry('f1');
  const { code, stdout } = await runImporter(from.url, to.url, '--queue', 'mail');
  assert.equal(code, 0, stdout);
  assert.match(stdout, /delayed +0 added, 1 known already\n +failed +0 added, 2 known already/);
  const { added, active, waiting } = await queue.stats();
  assert.deepEqual({ added, active, waiting }, { added: 8, active: 4, waiting: 1 });
  assert.equal((await queue.get('f2')).dedup, 86_400_000, 'the default of five minutes would let it in again');
}, isNewest);

scenario('killed in the middle and run again, each job is there once, in its place', async ({ t, from, to, open }) => {
  const source = open('mail');
  await source.queue.addBulk(Array.from({ length: 6_000 }, (_, n) => ({ name: 'mail', data: { n }, opts: { jobId: `job-${n}` } })));
  for (let n = 0; n < 40; n += 1) await source.add('fail', { reason: `no ${n}` }, { jobId: `failed-${n}`, lifo: true });
  await source.run(failOnly, async () => (await source.queue.getFailedCount()) === 40);
  const there = (await from.control.lrange('bull:mail:wait', 0, -1)).concat(await from.control.lrange('bull:mail:paused', 0, -1)).reverse();

  const queue = new Queue(to.control, 'mail');
  for (const limit of [1, 1_500, there.length + 3]) {
    const child = startImporter(t, from.url, to.url, '--queue', 'mail');
    await until(async () => (await queue.stats()).added >= limit, `fewer than ${limit} jobs are there`);
    const ended = once(child, 'exit');
    if (child.exitCode === null) child.kill('SIGKILL');
    if (child.exitCode === null) await ended;
    if (limit < there.length) assert.equal(child.signalCode, 'SIGKILL', 'it was to be killed in the middle');
  }
  const { code, stdout } = await runImporter(from.url, to.url, '--queue', 'mail');
  assert.equal(code, 0, stdout);
  assert.equal((await queue.stats()).added, there.length + 40);
  assert.deepEqual(await queue.check(), []);
  assert.equal((await listJobs(queue, 'failed')).length, 40);
  assert.deepEqual((await claimAll(queue)).map(({ id }) => id), there);
}, isNewest);

/** Fails the jobs named `fail`, which are first. What else is begun until the run ends is completed. */
async function failOnly({ name, data }) {
  if (name === 'fail') throw new Error(data.reason);
}

scenario('failed jobs are kept back while the queue is paused, and come with the next run', async ({ from, to, open }) => {
  await fill(open('mail'));
  const queue = new Queue(to.control, 'mail');
  await queue.pause();
  const first = await runImporter(from.url, to.url, '--queue', 'mail');
  assert.equal(first.code, 1);
  assert.match(first.stdout, /failed +0 added, 2 kept back/);
  assert.match(first.stdout, /mail gives no job now/);
  assert.equal(await queue.count('waiting'), 5, 'none of the failed jobs waits');

  await queue.resume();
  const second = await runImporter(from.url, to.url, '--queue', 'mail');
  assert.equal(second.code, 0, second.stdout);
  assert.equal(await queue.count('failed'), 2);
}, isNewest);

scenario('no worker that waits gets a failed job', async ({ from, to, open }) => {
  const source = open('mail');
  await source.add('mail', { reason: 'no' }, { jobId: 'f' });
  await runFailing(source, 1);
  const worker = to.control.duplicate();
  const queue = new Queue(to.control, 'mail');
  const claimed = worker.call('JQ.CLAIM', 'mail', 'w', 'BLOCK', '0');
  await until(async () => (await queue.stats()).waiters === 1, 'the worker does not wait');
  assert.equal((await runImporter(from.url, to.url, '--queue', 'mail')).code, 1);
  assert.equal((await queue.stats()).waiters, 1);

  await queue.add('own', { id: 'own' });
  assert.equal((await claimed)[0][1], 'own');
  worker.disconnect();
  assert.equal((await runImporter(from.url, to.url, '--queue', 'mail')).code, 0);
  assert.equal((await queue.get('f')).error, 'no');
}, isNewest);

scenario('what the server refuses is told, and the others are carried over', async ({ from, to, open }) => {
  const source = open('mail');
  await source.add('mail', { text: 'x'.repeat(5_000) }, { jobId: 'large' });
  await source.add('mail', {}, { jobId: 'broken' });
  await source.add('mail', {}, { jobId: 'small' });
  await from.control.hset('bull:mail:broken', 'opts', '{');
  await to.control.config('SET', 'jq.max-payload-bytes', '1000');
  const { code, stdout } = await runImporter(from.url, to.url, '--queue', 'mail');
  assert.equal(code, 1);
  assert.match(stdout, /waiting +1 added, 2 refused/);
  assert.match(stdout, /refused: large: /);
  assert.match(stdout, /refused: broken: its options are no JSON/);
}, isBullmq6);

scenario('what is missing is told before anything is added', async ({ from, to, open }) => {
  await fill(open('mail'));
  const { control } = to;
  await control.call('ACL', 'SETUSER', 'half', 'on', '>half', '~*', '+@all', '-jq.nack');
  const refused = await runImporter(from.url, to.url.replace('//', '//half:half@'), '--queue', 'mail');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /import-bullmq: NOPERM .*jq\.nack/);
  assert.equal(await control.exists('mail'), 0);

  await control.set('text', 'x');
  assert.match((await runImporter(from.url, to.url, '--queue', 'mail', '--key', 'text')).stderr, /WRONGTYPE/);
  assert.match((await runImporter(from.url, from.url, '--queue', 'mail')).stderr, /does not have the module/);
  assert.equal((await runImporter(from.url, to.url)).code, 2);
  assert.equal((await runImporter(from.url, to.url, '--queue', 'a', '--queue', 'b', '--key', 'c')).code, 2);
}, isBullmq6);

scenario('a queue that there is not is told before any is imported', async ({ from, to, open }) => {
  await fill(open('mail'));
  const { code, stdout, stderr } = await runImporter(from.url, to.url, '--queue', 'mail', '--queue', 'post');
  assert.equal(stderr, "import-bullmq: there is no queue 'post' whose keys begin with 'bull:'\nNothing was added.\n");
  assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
  assert.equal(await to.control.exists('mail'), 0);
}, isBullmq6);

scenario('a user who may only read is enough at the source', async ({ from, to, open }) => {
  await fill(open('mail'));
  await from.control.call('ACL', 'SETUSER', 'reader', 'on', '>reader', '%R~bull:*', '+@read', '+info');
  const { code, stderr } = await runImporter(from.url.replace('//', '//reader:reader@'), to.url, '--queue', 'mail');
  assert.equal(code, 0, stderr);
}, isBullmq6);
