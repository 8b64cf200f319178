// Replies that are lost: at every byte, and at random.

import assert from 'node:assert/strict';
import { Queue, Worker } from 'redis-jq';
import { scenario } from './harness/clients.mjs';
import { Proxy } from './harness/proxy.mjs';
import { Server } from './harness/server.mjs';
import { sleep, until } from './harness/wait.mjs';

/** Replies that are cut: a part of the request that they answer, and the queues of the worker. */
const REPLIES = [
  { request: '\r\nBLOCK\r\n', queues: (queue) => queue }, // CLAIM
  { request: 'JQ.ACK', queues: (queue) => queue }, // ACK … NEXT
  { request: 'JQ.ACK', queues: (queue) => [`${queue}:none`, queue] }, // ACK
];
const AT_ONCE = 16;
/** Replies are lost in the same way whatever client reads them, so only one of them is tried at every byte. */
const THOROUGH = 'ioredis 5';

scenario('connection_cut', async (t, client) => {
  const step = client.name === THOROUGH ? 1 : 17;
  const server = await Server.start(t);
  const redis = await client.connect(t, server.url);
  for (const { request, queues } of REPLIES) {
    let bytes = 0;
    for (let isCut = true; isCut; ) {
      const cuts = Array.from({ length: AT_ONCE / (step > 1 ? 4 : 1) }, () => {
        const at = bytes;
        bytes += step;
        const queue = new Queue(redis, `${REPLIES.findIndex((reply) => reply.queues === queues)}:${at}`);
        return runCut(t, client.lazy, server, queue, request, at, queues(queue.name));
      });
      isCut = (await Promise.all(cuts)).every(Boolean);
    }
    assert.ok(bytes > AT_ONCE, 'nothing was cut');
  }
});

/** Runs two jobs while one reply is cut. Returns whether it was, or was shorter than that. */
async function runCut(t, connect, server, queue, request, bytes, queues) {
  await queue.addMany([1, 2].map((payload) => ({ id: `job:${payload}`, payload })));
  const proxy = await Proxy.start(t, server.port, request, bytes);
  const events = [];
  const worker = new Worker(connect(proxy.url), queues, (job) => void events.push(`run ${job.id}`));
  worker.on('error', () => {});
  worker.on('lost', (job, reason) => events.push(`lost ${job.id} ${reason}`));
  worker.on('completed', (job) => {
    events.push(`completed ${job.id}`);
    if (job.id === 'job:2') void worker.stop();
  });
  const begun = performance.now();
  await worker.run();
  const where = `${request} cut at byte ${bytes}: ${events}`;
  assert.deepEqual(events.sort(), ['completed job:1', 'completed job:2', 'run job:1', 'run job:2'], where);
  assert.ok(performance.now() - begun < 20_000, `${where}: a job has waited for its lease`);
  const { acks, staleAcks } = await queue.stats();
  assert.deepEqual([acks, staleAcks], [2, 0], where);
  return proxy.cuts === 1;
}

scenario('connections cut at random while many jobs run', async (t, client) => {
  const COUNT = 1_000;
  const server = await Server.start(t);
  const queue = new Queue(server.control, 'mail');
  await queue.addMany(Array.from({ length: COUNT }, (_, payload) => ({ payload })), { backoff: { fixed: 1 } });
  const proxy = await Proxy.start(t, server.port);
  let runs = 0;
  const completed = [];
  const lost = [];
  const worker = new Worker(client.lazy(proxy.url), 'mail', async (job) => {
    runs += 1;
    await sleep(Math.random() * 20);
    if (job.payload % 10 === 0 && job.attempt === 1) throw new Error('once');
    return job.payload % 2 ? job.payload : undefined;
  }, { concurrency: 20, lease: 60_000 });
  worker.on('error', () => {});
  worker.on('completed', (job) => {
    completed.push(job.payload);
    if (completed.length % 25 === 0) proxy.cutSome();
  });
  worker.on('lost', (job, reason) => lost.push(`${job.id} ${reason}`));
  const running = worker.run();
  await until(() => completed.length >= COUNT, () => `${completed.length} are completed`, 120_000);
  await worker.stop();
  await running;
  assert.ok(proxy.cuts > 5, 'the connections were hardly cut');
  assert.deepEqual([completed.length, new Set(completed).size, runs, lost], [COUNT, COUNT, COUNT + COUNT / 10, []]);
  const { acks, staleAcks, losses, active } = await queue.stats();
  assert.deepEqual({ acks, staleAcks, losses, active }, { acks: COUNT, staleAcks: 0, losses: 0, active: 0 });
});
