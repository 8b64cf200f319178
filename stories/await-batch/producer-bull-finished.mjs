// usage: node --expose-gc await-batch/producer-bull-finished.mjs PORT RUN USERS [remove]    waits for job.finished() of each job
//
// With `remove` jobs are removed when they have completed.

import Queue from 'bull';
import { Meter } from '../harness/meter.mjs';
import { report } from '../harness/child.mjs';
import { user } from './users.mjs';

const CHUNK = 500;

const [port, run, users, remove] = process.argv.slice(2);
const queue = new Queue('users', { redis: { port: Number(port) } });
await queue.isReady();

const meter = new Meter(() => [process, queue, queue.client, queue.client.stream, queue.eclient, queue.eclient?.stream]);
meter.begin();

const jobs = [];
for (let first = 1; first <= Number(users); first += CHUNK) {
  const chunk = [];
  for (let number = first; number < first + CHUNK && number <= Number(users); number += 1) {
    const { id, payload } = user(run, number);
    const opts = { jobId: id, attempts: 3, backoff: 500, removeOnComplete: remove === 'remove' };
    chunk.push({ data: payload, opts });
  }
  jobs.push(...(await queue.addBulk(chunk)));
}

const counts = { completed: 0, failed: 0 };
const count = (outcome) => {
  counts[outcome] += 1;
};
setInterval(() => report({ counts }), 200);

report({ waiting: true });
await Promise.all(jobs.map((job) => job.finished().then(() => count('completed'), () => count('failed'))));
meter.end();

report({ done: true, counts });
process.exit();
