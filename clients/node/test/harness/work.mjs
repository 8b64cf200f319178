// Running a worker until its work is done.

import assert from 'node:assert/strict';

/** Runs `worker` until `count` jobs are completed. Fails as soon as one fails, or is lost. Returns the ids. */
export async function complete(worker, count) {
  const completed = [];
  const wrong = [];
  worker.on('completed', (job) => {
    completed.push(job.id);
    if (completed.length === count) void worker.stop();
  });
  for (const event of ['failed', 'lost']) {
    worker.on(event, (job, reason) => {
      wrong.push(`${event} ${job.id}: ${reason}`);
      void worker.stop(0);
    });
  }
  worker.on('error', () => {});
  await worker.run();
  assert.deepEqual(wrong, []);
  return completed;
}
