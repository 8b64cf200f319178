// usage: node await-batch/worker-jq.mjs PORT NAME FILE MS    claims up to 50 jobs at a time, acknowledges or refuses each

import Redis from 'ioredis';
import { write } from '../harness/database.mjs';
import '../harness/child.mjs';
import { effort, serve } from './users.mjs';

const [port, name, file, ms] = process.argv.slice(2);
const redis = new Redis({ port: Number(port), maxRetriesPerRequest: null });

for (;;) {
  const jobs = await redis.call('JQ.CLAIM', 'users', name, 'COUNT', 50, 'LEASE', 3_000, 'BLOCK', 0);
  const done = [];
  const failed = [];
  await effort(Number(ms));
  for (const [token, id, attempt, payload] of jobs ?? []) {
    try {
      await work(JSON.parse(payload), attempt);
      done.push(token, id);
    } catch (error) {
      failed.push({ token, id, error });
    }
    await write(file, [`${id} ${token}`], 0);
  }
  if (done.length > 0) await redis.call('JQ.ACK', 'users', ...done);
  for (const { token, id, error } of failed) {
    await redis.call('JQ.NACK', 'users', token, id, 'ERROR', error.message);
  }
}

async function work(payload, attempt) {
  if (payload.report) {
    // The follow-up job. The numbers it reports are there for whoever asks.
    await redis.call('JQ.BATCH', 'users', payload.report);
  } else {
    serve(payload, attempt);
  }
}
