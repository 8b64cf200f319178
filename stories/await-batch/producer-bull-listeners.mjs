// usage: node --expose-gc await-batch/producer-bull-listeners.mjs PORT RUN USERS    adds one pair of listeners for the whole queue
//
// It keeps a list of its ids, because a queue-wide listener receives the events of other producers' jobs, too.

import { setTimeout as sleep } from 'node:timers/promises';
import Queue from 'bull';
import { Meter } from '../harness/meter.mjs';
import { report } from '../harness/child.mjs';
import { user } from './users.mjs';

const CHUNK = 500;

const [port, run, users] = process.argv.slice(2);
const queue = new Queue('users', { redis: { port: Number(port) } });
await queue.isReady();

const meter = new Meter(() => [process, queue, queue.client, queue.client.stream, queue.eclient, queue.eclient?.stream]);
meter.begin();

const unfinished = new Set();
const counts = { completed: 0, failed: 0 };
let allEnded;
const ended = new Promise((resolve) => {
  allEnded = resolve;
});
const count = (outcome) => (id) => {
  if (!unfinished.delete(id)) return;
  counts[outcome] += 1;
  if (counts.completed + counts.failed === Number(users)) allEnded();
};
queue.on('global:completed', count('completed'));
queue.on('global:failed', count('failed'));
setInterval(() => report({ counts }), 200);
// Bull subscribes in the background and does not say when it is done. Jobs that end before that are never counted.
await sleep(1_000);

for (let first = 1; first <= Number(users); first += CHUNK) {
  const chunk = [];
  for (let number = first; number < first + CHUNK && number <= Number(users); number += 1) {
    const { id, payload } = user(run, number);
    unfinished.add(id);
    chunk.push({ data: payload, opts: { jobId: id, attempts: 3, backoff: 500 } });
  }
  await queue.addBulk(chunk);
}

report({ waiting: true });
await ended;
meter.end();

report({ done: true, counts });
process.exit();
