// usage: node await-batch/worker-jq.mjs PORT NAME FILE MS    claims up to 50 jobs at a time and sends ACK or NACK for each

import Redis from 'ioredis';
import { write } from '../harness/database.mjs';
import '../harness/child.mjs';
import { sendReport, work } from './users.mjs';

const [port, name, file, ms] = process.argv.slice(2);
const redis = new Redis({ port: Number(port), maxRetriesPerRequest: null });

for (;;) {
  const jobs = await redis.call('JQ.CLAIM', 'users', name, 'COUNT', 50, 'LEASE', 3_000, 'BLOCK', 0);
  const done = [];
  const failed = [];
  await work(Number(ms));
  for (const [token, id, attempt, payload] of jobs ?? []) {
    try {
      await run(JSON.parse(payload), attempt);
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

async function run(payload, attempt) {
  if (payload.report) {
    // This is the follow-up job. JQ.BATCH returns the numbers for its report.
    await redis.call('JQ.BATCH', 'users', payload.report);
  } else {
    sendReport(payload, attempt);
  }
}
