// usage: node test/harness/worker-process.mjs URL QUEUE NAME LEASE KIND
//
// A worker in a process of its own. It writes a line of JSON for each thing that happens. KIND says what its handlers do:
//   sleep   wait for a minute
//   loop    do not yield for three leases
//   return  nothing

import { Redis } from 'ioredis';
import { Worker } from 'redis-jq';
import { sleep } from './wait.mjs';

const [url, queue, name, leaseText, kind] = process.argv.slice(2);
const lease = Number(leaseText);

function say(what, job, more) {
  console.log(JSON.stringify({ what, id: job.id, attempt: job.attempt, ...more }));
}

async function handle(job) {
  say('begun', job);
  if (kind === 'sleep') await sleep(60_000);
  const end = performance.now() + 3 * lease;
  while (kind === 'loop' && performance.now() < end); // not a bit of the event loop
}

const worker = new Worker(new Redis(url), queue, handle, { name, lease, concurrency: 2 });
worker.on('completed', (job) => say('completed', job));
worker.on('lost', (job, reason) => say('lost', job, { reason }));
worker.on('error', () => {});
process.on('disconnect', () => process.exit());
await worker.run();
