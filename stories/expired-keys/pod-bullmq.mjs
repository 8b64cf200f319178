// usage: node expired-keys/pod-bullmq.mjs PORT PODS AUTOPIPELINING    pods that answer an expired key with BullMQ's add

import { Queue } from 'bullmq';
import Redis from 'ioredis';
import { Counts } from './counts.mjs';

const [port, pods, autoPipelining] = process.argv.slice(2).map(Number);
const tally = new Counts();

async function openPod() {
  const connection = new Redis({ port, maxRetriesPerRequest: null, enableAutoPipelining: autoPipelining === 1 });
  const queue = new Queue('events', { connection });
  await queue.waitUntilReady();

  const ears = new Redis({ port, maxRetriesPerRequest: null });
  ears.on('message', (_channel, key) => {
    if (!key.startsWith('event:')) return; // BullMQ's own keys expire as well
    tally.call(async () => {
      await queue.add('expired', { key }, {
        jobId: key.replace(':', '-'), // BullMQ wants no colon there
        attempts: 3,
        backoff: { type: 'exponential', delay: 1_000 },
        removeOnComplete: true,
        removeOnFail: false,
      });
      return 'unknown'; // it does not say whether the job was new
    });
  });
  await ears.subscribe('__keyevent@0__:expired');
}

await Promise.all(Array.from({ length: pods }, openPod));
tally.open();
