// usage: node expired-keys/pod-jq.mjs PORT PODS AUTOPIPELINING    pods that answer an expired key with JQ.ADD

import Redis from 'ioredis';
import { Counts } from './counts.mjs';

const [port, pods, autoPipelining] = process.argv.slice(2).map(Number);
const tally = new Counts();

async function openPod() {
  const redis = new Redis({ port, maxRetriesPerRequest: null, enableAutoPipelining: autoPipelining === 1 });

  const ears = new Redis({ port, maxRetriesPerRequest: null });
  ears.on('message', (_channel, key) => {
    if (!key.startsWith('event:')) return;
    tally.call(() => add(redis, key));
  });
  await ears.subscribe('__keyevent@0__:expired');
}

/** Enqueues the key's work: `added`, or `duplicate`. */
async function add(redis, key) {
  try {
    // Three attempts, one second and then twice that between them: what a queue does unless told otherwise.
    const [outcome] = await redis.call('JQ.ADD', 'events', key, key);
    return outcome;
  } catch (error) {
    if (error.name !== 'AbortError') throw error;
    // The connection broke, and whether the job is there nobody knows. Asking again is harmless: it has an id.
    return add(redis, key);
  }
}

await Promise.all(Array.from({ length: pods }, openPod));
tally.open();
