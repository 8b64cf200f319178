// usage: node expired-keys/worker-jq.mjs PORT NAME FILE MS    runs a worker that claims up to 500 jobs for one bulk write

import Redis from 'ioredis';
import '../harness/child.mjs';
import { write, writeOnce } from '../harness/database.mjs';

const [port, name, file, ms] = process.argv.slice(2);
const redis = new Redis({ port: Number(port), maxRetriesPerRequest: null });

let stopping = false;
process.on('SIGTERM', () => {
  stopping = true;
});

// After a restart, or after a lost connection and perhaps a lost reply, the worker may hold jobs that it does not know.
let mayHoldJobs = true;
redis.on('ready', () => {
  mayHoldJobs = true;
});

/** Returns jobs and the function that writes them. Jobs that were held before a crash may have been written already. */
async function claim() {
  if (mayHoldJobs) {
    mayHoldJobs = false;
    const held = await redis.call('JQ.CLAIM', 'events', name, 'HELD');
    if (held.length > 0) return [held, writeOnce];
  }
  // The claim takes up to 500 jobs, and fewer than 100 only when a second has passed.
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
