// usage: node --expose-gc await-batch/producer-jq.mjs PORT RUN USERS    adds the jobs and waits for the numbers of the batch
//
// The producer keeps no listener and no list of ids. Started twice, it adds no job twice.

import Redis from 'ioredis';
import { Meter } from '../harness/meter.mjs';
import { report } from '../harness/child.mjs';
import { user } from './users.mjs';

const CHUNK = 500;

const [port, run, users] = process.argv.slice(2);
// With null a command that a restart interrupts is sent again when the server is back, also a blocked one.
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
// The server starts this job when the batch has finished.
await redis.call('JQ.ADD', 'users', `report:${run}`, JSON.stringify({ report: run }), 'AFTER', run);
// A sealed batch takes no more members, so it can finish.
await redis.call('JQ.SEAL', 'users', run);

report({ waiting: true });
const reply = await redis.call('JQ.AWAIT', 'users', 'BATCH', run, 0);
meter.end();

const batch = {};
for (let at = 0; at < reply.length; at += 2) batch[reply[at]] = reply[at + 1];
report({ done: true, batch });
process.exit();
