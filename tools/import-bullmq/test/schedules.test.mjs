// Schedulers: their next jobs stay where they are, and the printed commands do here what they do there.

import assert from 'node:assert/strict';
import { Queue } from 'redis-jq';
import { runImporter } from './harness/importer.mjs';
import { scenario } from './harness/scenario.mjs';
import { redisCli } from './harness/servers.mjs';

const HOUR = 3_600_000;
const inBullmq = ({ isBullmq }) => isBullmq;

/** Types what the importer has printed into redis-cli; gives the schedules by name, and all that was printed. */
async function setSchedules(from, to) {
  const { stdout } = await runImporter(from.url, to.url, '--queue', 'mail');
  await redisCli(to, stdout.split('\n').filter((line) => line.startsWith('JQ.SCHEDULE ')));
  const queue = new Queue(to.control, 'mail');
  return { schedules: Object.fromEntries((await queue.schedules()).map((one) => [one.name, one])), stdout, queue };
}

/** The instants of the next jobs there. */
async function nextThere(from) {
  const flat = await from.control.zrange('bull:mail:repeat', 0, -1, 'WITHSCORES');
  return Object.fromEntries(flat.flatMap((word, at) => (at % 2 ? [] : [[word, Number(flat[at + 1])]])));
}

scenario('job schedulers become schedules with the same instants, payloads and options', async ({ from, to, open }) => {
  const source = open('mail');
  const template = { name: 'nightly', data: { text: `it's "quoted" – ü` }, opts: { attempts: 4, backoff: 500, priority: 7 } };
  await source.queue.upsertJobScheduler('night', { pattern: '30 2 * * *', tz: 'Europe/Berlin' }, template);
  await source.queue.upsertJobScheduler('with seconds', { pattern: '15 */10 * * * *' }, { name: 'often' });
  await source.queue.upsertJobScheduler('grid', { every: HOUR, limit: 9, endDate: Date.now() + 50 * HOUR });
  const { schedules, stdout, queue } = await setSchedules(from, to);

  assert.match(stdout, /3 next jobs of schedulers/);
  assert.equal((await queue.stats()).added, 0);
  const next = await nextThere(from);
  const { night, grid } = schedules;
  assert.deepEqual(night.payload, template.data);
  assert.deepEqual([night.jobName, night.attempts, night.backoff, night.priority], ['nightly', 4, 'fixed/500', 7]);
  assert.equal(night.next, next.night);
  assert.equal(schedules['with seconds'].next, next['with seconds']);
  assert.match(stdout, /'with seconds'.*\n# it had no time zone/);
  // Its first job is due at once, so the next instant is the one after it.
  assert.equal((grid.next - next.grid) % HOUR, 0);
  assert.equal(grid.until, Number(await from.control.hget('bull:mail:repeat:grid', 'endDate')));
  assert.match(stdout, /a limit of 9 jobs/);
}, inBullmq);

scenario('repeatable jobs become schedules, with the payload of their next job', async ({ from, to, open, library }) => {
  const source = open('mail');
  const cron = library.isBullmq ? { pattern: '0 9 * * MON' } : { cron: '0 9 * * MON' };
  await source.add('weekly', { a: 1 }, { repeat: { ...cron, tz: 'America/New_York' }, attempts: 2, priority: 3 });
  await source.add('hourly', { a: 2 }, { repeat: { every: HOUR } });
  const { schedules, queue } = await setSchedules(from, to);
  assert.equal((await queue.stats()).added, 0);
  assert.deepEqual(Object.fromEntries(Object.values(schedules).map(({ name, next }) => [name, next])), await nextThere(from));
  const weekly = Object.values(schedules).find(({ jobName }) => jobName === 'weekly');
  assert.deepEqual([weekly.payload, weekly.attempts, weekly.tz], [{ a: 1 }, 2, 'America/New_York']);
  assert.equal(weekly.priority, library.isBullmq ? 3 : 3 - 2 ** 31);
}, ({ name }) => name !== 'BullMQ 6'); // it has job schedulers only

scenario('a tick that waits already is a job, and only the next one is left out', async ({ from, to, open }) => {
  const source = open('mail');
  await source.queue.upsertJobScheduler('grid', { every: HOUR }, { name: 'tick', data: { tick: true } });
  const [first] = await from.control.zrange('bull:mail:repeat', 0, 0, 'WITHSCORES').then((flat) => flat.slice(1));
  // As after a run: the scheduler is one instant ahead of the job that waits.
  await from.control.zadd('bull:mail:repeat', Number(first) + HOUR, 'grid');
  const { queue } = await setSchedules(from, to);
  assert.equal((await queue.get(`repeat:grid:${first}`)).state, 'waiting');
}, inBullmq);
