// The real libraries behind one face: what makes queues, and what would have run their jobs.

import Bull4 from 'bull';
import Bull3 from 'bull-3';
import * as bullmq6 from 'bullmq';
import * as bullmq5 from 'bullmq-5';
import { until } from '../../../../clients/node/test/harness/wait.mjs';

class BullQueue {
  constructor(Bull, port, name) {
    this.queue = new Bull(name, { redis: { port, host: '127.0.0.1' }, settings: { stalledInterval: 0 } });
  }

  add(name, data, options) {
    return this.queue.add(name, data, options);
  }

  /** Runs jobs, one at a time, until `isDone`. `handle` is given { id, name, data }. */
  async run(handle, isDone) {
    this.queue.process('*', 1, handle);
    await until(isDone, 'the jobs of Bull do not end');
    await this.queue.pause(true);
  }
}

class BullmqQueue {
  #connection;
  #module;

  constructor(module, port, name) {
    this.#module = module;
    this.#connection = { port, host: '127.0.0.1' };
    this.queue = new module.Queue(name, { connection: this.#connection });
  }

  add(name, data, options) {
    return this.queue.add(name, data, options);
  }

  async addFlow(flow) {
    const producer = new this.#module.FlowProducer({ connection: this.#connection });
    await producer.add(flow);
    await producer.close();
  }

  async run(handle, isDone) {
    const worker = new this.#module.Worker(this.queue.name, handle, { connection: this.#connection, concurrency: 1 });
    await until(isDone, 'the jobs of BullMQ do not end');
    await worker.close();
  }
}

export const libraries = [
  { name: 'Bull 3', isBullmq: false, open: (port, name) => new BullQueue(Bull3, port, name) },
  { name: 'Bull 4', isBullmq: false, open: (port, name) => new BullQueue(Bull4, port, name) },
  { name: 'BullMQ 5', isBullmq: true, open: (port, name) => new BullmqQueue(bullmq5, port, name) },
  { name: 'BullMQ 6', isBullmq: true, open: (port, name) => new BullmqQueue(bullmq6, port, name) },
];

/** Runs `count` jobs, one at a time; gives what `note` says of each. */
export async function runAll(queue, count, note) {
  const seen = [];
  await queue.run(async (job) => void seen.push(note(job)), () => seen.length === count);
  return seen;
}

/** Runs jobs that all fail, until so many have failed for good and so many wait for another attempt. */
export async function runFailing(queue, failed, delayed = 0) {
  const fail = async (job) => {
    if (job.data.progress !== undefined) await (job.updateProgress?.(job.data.progress) ?? job.progress(job.data.progress));
    throw new Error(job.data.reason);
  };
  await queue.run(fail, async () => (await queue.queue.getFailedCount()) === failed && (await queue.queue.getDelayedCount()) === delayed);
}
