// usage: node --expose-gc await-batch/producer-package.mjs PORT RUN USERS    does the same as producer-jq.mjs with the package for Node

import Redis from 'ioredis';
import { Queue } from 'redis-jq';
import { Meter } from '../harness/meter.mjs';
import { report } from '../harness/child.mjs';
import { user } from './users.mjs';

const CHUNK = 500;

const [port, run, users] = process.argv.slice(2);
const redis = new Redis({ port: Number(port), maxRetriesPerRequest: null });
await redis.ping();
const queue = new Queue(redis, 'users');

const meter = new Meter(() => (redis.status === 'ready' ? [process, redis, redis.stream] : []));
meter.begin();

for (let first = 1; first <= Number(users); first += CHUNK) {
  const size = Math.min(CHUNK, Number(users) - first + 1);
  const jobs = Array.from({ length: size }, (_, nth) => user(run, first + nth));
  await queue.addMany(jobs, { attempts: 3, backoff: { fixed: 500 }, batch: run });
}
await queue.add({ report: run }, { id: `report:${run}`, after: run });
await queue.seal(run);

report({ waiting: true });
const batch = await queue.awaitBatch(run);
meter.end();
report({ done: true, batch });
process.exit();
