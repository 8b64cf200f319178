// A program that must compile; a line below `@ts-expect-error` must not.

import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster, createSentinel } from 'redis';
import { BulkWorker, FatalError, Queue, ShardedQueue, Worker, type Job } from 'redis-jq';

interface Mail {
  to: string;
}

const queue = new Queue(new Redis(), 'mail');
new Queue(new Cluster([]), 'mail');
new Queue(createClient(), 'mail');
new Queue(createClient({ RESP: 3 }), 'mail');
new Queue(createCluster({ rootNodes: [] }), 'mail');
new Queue(createSentinel({ name: 'main', sentinelRootNodes: [] }), 'mail');
new Queue('redis://localhost', 'mail');
new Queue({ host: 'localhost', port: 6379 }, 'mail');

const added: Promise<{ id: string }> = queue.add({ to: 'ada' }, { delay: 500, backoff: { fixed: 100 }, at: new Date() });
// @ts-expect-error: no option has this name
void queue.add({ to: 'ada' }, { dely: 500 });

async function send(job: Job<Mail>): Promise<string> {
  if (job.signal.aborted) throw new FatalError((await added).id);
  return job.payload.to;
}
const worker = new Worker<Mail>(createClient(), ['urgent', 'mail'], send, { middleware: [(job, next) => next().finally(() => job.id)] });
worker.on('completed', (job, result) => console.log(job.payload.to, result));
worker.on('failed', (job, error, isFinal) => console.log(job.payload.to, error.message, isFinal));
// @ts-expect-error: no hook has this name
worker.on('finished', () => {});

const sharded = new ShardedQueue(new Cluster([]), 'mail', { shards: 8 });
const grown: Promise<void> = sharded.add({ to: 'ada' }, { id: '{a}:1', batch: '{a}' }).then(() => sharded.grow(16));
void grown;
new Worker<Mail>(sharded, send, { concurrency: 10 });
// @ts-expect-error: a bulk worker claims from one of `sharded.shards()`
new BulkWorker<Mail>(sharded, (jobs) => jobs.map((job) => job.payload.to), { count: 10 });

new BulkWorker<Mail>(new Redis(), 'mail', (jobs) => jobs.map((job) => job.payload.to), { count: 10 });
// @ts-expect-error: a bulk worker needs to know how many
new BulkWorker<Mail>(new Redis(), 'mail', () => {}, {});
