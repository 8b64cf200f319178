// usage: node expired-keys/worker-jq.mjs PORT NAME FILE MS    a worker that claims up to 500 jobs for one bulk write

import Redis from 'ioredis';
import '../harness/child.mjs';
import { write, writeOnce } from '../harness/database.mjs';

const [port, name, file, ms] = process.argv.slice(2);
const redis = new Redis({ port: Number(port), maxRetriesPerRequest: null });

let stopping = false;
process.on('SIGTERM', () => {
  stopping = true;
});

// A worker that was started again, or lost its connection and with it perhaps an answer, may hold jobs it does not know.
let mayHoldJobs = true;
redis.on('ready', () => {
  mayHoldJobs = true;
});

/** Jobs, and how to write them: what was held before may have been written just before the end. */
async function claim() {
  if (mayHoldJobs) {
    mayHoldJobs = false;
    const held = await redis.call('JQ.CLAIM', 'events', name, 'HELD');
    if (held.length > 0) return [held, writeOnce];
  }
  // Up to 500 at once; fewer than 100 only when a second has passed.
  const jobs = await redis.call('JQ.CLAIM', 'events', name, 'COUNT', 500, 'MIN', 100, 'BLOCK', 1_000);
  return [jobs ?? [], write];
}

while (!stopping) {
  const [jobs, save] = await claim();
  if (jobs.length === 0) continue;
  await save(file, jobs.map(([_token, id]) => id), Number(ms));
  await redis.call('JQ.ACK', 'events', ...jobs.flatMap(([token, id]) => [token, id]));
}
redis.disconnect();
process.exit();
