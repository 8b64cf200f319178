// usage: node expired-keys/pod-package.mjs PORT PODS AUTOPIPELINING    does the same as pod-jq.mjs with the package for Node

import Redis from 'ioredis';
import { Queue } from 'redis-jq';
import { Counts } from './counts.mjs';

const [port, pods, autoPipelining] = process.argv.slice(2).map(Number);
const counts = new Counts();

async function openPod() {
  const redis = new Redis({ port, maxRetriesPerRequest: null, enableAutoPipelining: autoPipelining === 1 });
  const events = new Queue(redis, 'events', { payload: 'bytes' });

  const subscriber = new Redis({ port, maxRetriesPerRequest: null });
  subscriber.on('message', (_channel, key) => {
    if (!key.startsWith('event:')) return;
    // What a lost connection interrupts is sent again by the client. That is harmless, because the job has an id.
    counts.call(async () => (await events.add(key, { id: key })).outcome);
  });
  await subscriber.subscribe('__keyevent@0__:expired');
}

await Promise.all(Array.from({ length: pods }, openPod));
counts.start();
