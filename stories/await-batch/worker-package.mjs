// usage: node await-batch/worker-package.mjs PORT NAME FILE MS    does the same as worker-jq.mjs with the package for Node

import { Queue, Worker } from 'redis-jq';
import { write } from '../harness/database.mjs';
import '../harness/child.mjs';
import { sendReport, work } from './users.mjs';

const [port, name, file, ms] = process.argv.slice(2);
const url = `redis://127.0.0.1:${port}`;
const options = { name, concurrency: 50, lease: 3_000 };

const worker = new Worker(url, 'users', async ({ id, token, attempt, payload }) => {
  await work(Number(ms));
  try {
    // The follow-up job reads the numbers for its report.
    if (payload.report) await users.batch(payload.report);
    else sendReport(payload, attempt);
  } finally {
    await write(file, [`${id} ${token}`], 0);
  }
}, options);
const users = new Queue(url, 'users');
worker.on('error', () => {}); // the story kills the server
await worker.run();
