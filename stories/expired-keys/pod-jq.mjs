// usage: node expired-keys/pod-jq.mjs PORT PODS AUTOPIPELINING    runs pods that call JQ.ADD for each expired key

import Redis from 'ioredis';
import { Counts } from './counts.mjs';

const [port, pods, autoPipelining] = process.argv.slice(2).map(Number);
const counts = new Counts();

async function openPod() {
  const redis = new Redis({ port, maxRetriesPerRequest: null, enableAutoPipelining: autoPipelining === 1 });

  const subscriber = new Redis({ port, maxRetriesPerRequest: null });
  subscriber.on('message', (_channel, key) => {
    if (!key.startsWith('event:')) return;
    counts.call(() => add(redis, key));
  });
  await subscriber.subscribe('__keyevent@0__:expired');
}

/** Adds the job of a key, and returns `added` or `duplicate`. */
async function add(redis, key) {
  try {
    // The defaults of a queue apply: three attempts, with one second and then two seconds between them.
    const [outcome] = await redis.call('JQ.ADD', 'events', key, key);
    return outcome;
  } catch (error) {
    if (error.name !== 'AbortError') throw error;
    // The connection broke, and the job may have been added or not. Adding it again is harmless, because it has an id.
    return add(redis, key);
  }
}

await Promise.all(Array.from({ length: pods }, openPod));
counts.start();
