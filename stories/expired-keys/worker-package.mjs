// usage: node expired-keys/worker-package.mjs PORT NAME FILE MS    does the same as worker-jq.mjs with the package for Node

import { BulkWorker } from 'redis-jq';
import '../harness/child.mjs';
import { writeOnce } from '../harness/database.mjs';

const [port, name, file, ms] = process.argv.slice(2);

// Jobs that it held before a crash come like others, and may have been written already: rows have a unique key.
const save = (jobs) => writeOnce(file, jobs.map(({ id }) => id), Number(ms));
const options = { name, payload: 'bytes', count: 500, min: 100, wait: 1_000 };

const worker = new BulkWorker(`redis://127.0.0.1:${port}`, 'events', save, options);
worker.on('error', () => {}); // the story kills the server
process.on('SIGTERM', () => worker.stop());
await worker.run();
process.exit();
