// usage: node await-batch/worker-bull.mjs PORT NAME FILE MS    a Bull worker with fifty slots

import Queue from 'bull';
import { write } from '../harness/database.mjs';
import '../harness/child.mjs';
import { sendReport, work } from './users.mjs';

const [port, _name, file, ms] = process.argv.slice(2);
const queue = new Queue('users', { redis: { port: Number(port) } });

queue.process(50, async (job) => {
  await work(Number(ms));
  await write(file, [job.id], 0);
  sendReport(job.data, job.attemptsMade + 1);
});
