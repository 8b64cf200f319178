// usage: node expired-keys/worker-bullmq.mjs PORT NAME FILE MS    runs a BullMQ worker with ten slots

import { Worker } from 'bullmq';
import Redis from 'ioredis';
import '../harness/child.mjs';
import { write } from '../harness/database.mjs';

const [port, name, file, ms] = process.argv.slice(2);

const worker = new Worker('events', (job) => write(file, [job.data.key], Number(ms)), {
  name,
  concurrency: 10,
  connection: new Redis({ port: Number(port), maxRetriesPerRequest: null }),
});

process.on('SIGTERM', async () => {
  await worker.close();
  process.exit();
});
