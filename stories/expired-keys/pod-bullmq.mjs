// usage: node expired-keys/pod-bullmq.mjs PORT PODS AUTOPIPELINING    runs pods that call BullMQ's add for each expired key

import { Queue } from 'bullmq';
import Redis from 'ioredis';
import { Counts } from './counts.mjs';

const [port, pods, autoPipelining] = process.argv.slice(2).map(Number);
const counts = new Counts();

async function openPod() {
  const connection = new Redis({ port, maxRetriesPerRequest: null, enableAutoPipelining: autoPipelining === 1 });
  const queue = new Queue('events', { connection });
  await queue.waitUntilReady();

  const subscriber = new Redis({ port, maxRetriesPerRequest: null });
  subscriber.on('message', (_channel, key) => {
    if (!key.startsWith('event:')) return; // keys of BullMQ expire as well
    counts.call(async () => {
      await queue.add('expired', { key }, {
        jobId: key.replace(':', '-'), // BullMQ allows no colon in a jobId
        attempts: 3,
        backoff: { type: 'exponential', delay: 1_000 },
        removeOnComplete: true,
        removeOnFail: false,
      });
      return 'unknown'; // add does not return whether the job was new
    });
  });
  await subscriber.subscribe('__keyevent@0__:expired');
}

await Promise.all(Array.from({ length: pods }, openPod));
counts.start();
