// usage: node --expose-gc await-batch/producer-jq.mjs PORT RUN USERS    enqueues the run, and is told when it is done and how
//
// Nothing is kept here: no listener, no list of ids. Started twice, it enqueues nothing twice.

import Redis from 'ioredis';
import { Meter } from '../harness/meter.mjs';
import { report } from '../harness/child.mjs';
import { user } from './users.mjs';

const CHUNK = 500;

const [port, run, users] = process.argv.slice(2);
// null: a command that meets a restart of the server is sent again when it is back, also one that waits.
const redis = new Redis({ port: Number(port), maxRetriesPerRequest: null });
await redis.ping();

const meter = new Meter(() => (redis.status === 'ready' ? [process, redis, redis.stream] : []));
meter.begin();

for (let first = 1; first <= Number(users); first += CHUNK) {
  const jobs = [];
  for (let number = first; number < first + CHUNK && number <= Number(users); number += 1) {
    const { id, payload } = user(run, number);
    jobs.push(id, JSON.stringify(payload));
  }
  const options = ['ATTEMPTS', 3, 'BACKOFF', 'FIXED', 500, 'BATCH', run];
  await redis.call('JQ.MADD', 'users', jobs.length / 2, ...jobs, ...options);
}
// It starts by itself when the batch is finished.
await redis.call('JQ.ADD', 'users', `report:${run}`, JSON.stringify({ report: run }), 'AFTER', run);
// No more members: from now on the batch can finish.
await redis.call('JQ.SEAL', 'users', run);

report({ waiting: true });
const answer = await redis.call('JQ.AWAIT', 'users', 'BATCH', run, 0);
meter.end();

const batch = {};
for (let at = 0; at < answer.length; at += 2) batch[answer[at]] = answer[at + 1];
report({ done: true, batch });
process.exit();
