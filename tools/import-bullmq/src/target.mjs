// The queue here, and how a job gets into it. Every job is added by its id in one step, so it is there once, however often
// that is tried.

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Queue, RefusedError } from 'redis-jq';
import { jobWords, traceLines } from './job.mjs';

const PLACE = readFileSync(new URL('place.lua', import.meta.url), 'utf8');
/** Who claims the failed jobs, in place.lua, too. */
const WORKER = 'import-bullmq';
/** What the server takes of a line of a log. */
const LINE_BYTES = 16_384;

export class Target {
  #redis;
  #queue;

  constructor(redis, key) {
    this.#redis = redis;
    this.#queue = new Queue(redis, key, { payload: 'bytes' });
    this.key = key;
  }

  /** The settings of the queue, or those that it would have. Throws if the key is no queue, or the module is missing. */
  async settings() {
    return this.#queue.config();
  }

  /**
   * Sends what place.lua sends, for a job that there is not: a right that is missing shows here, and not when half of a job
   * is done. Throws if one is.
   */
  async checkRights() {
    const nobody = `import-bullmq:${randomUUID()}`;
    await this.#queue.call('JQ.CLAIM', WORKER, 'HELD');
    await this.#queue.call('JQ.NACK', 1, nobody);
    await this.#queue.call('JQ.CHANGE', nobody, 'PRIORITY', 0);
    await this.#queue.call('JQ.LOG', nobody, '');
    await this.#queue.call('JQ.REMOVE', nobody);
  }

  /** Adds a job. Gives `added`, `duplicate`, `kept back`, or `refused` with the reason. */
  async place(job, state, priority, settings) {
    const words = [job.id, job.data ?? '', ...jobWords(job, state, settings)];
    try {
      if (state === 'failed') return { outcome: await this.#placeFailed(job, priority, words) };
      if (priority !== 0) words.push('PRIORITY', priority);
      return { outcome: job.progress === undefined ? await this.#add(words) : await this.#placeByScript(job, '', priority, [], words) };
    } catch (error) {
      if (error instanceof RefusedError) return { outcome: 'refused', reason: error.message };
      throw error;
    }
  }

  async #add(words) {
    return (await this.#queue.call('JQ.ADD', ...words))[0];
  }

  async #placeFailed(job, priority, words) {
    const lines = traceLines(job).map((line) => Buffer.from(line).subarray(0, LINE_BYTES));
    return this.#placeByScript(job, job.failedReason || 'failed', priority, lines, words);
  }

  async #placeByScript(job, reason, priority, lines, words) {
    const arguments_ = [reason, job.progress ?? '', priority, lines.length, ...lines, ...words];
    return this.#redis.eval(PLACE, 1, this.key, ...arguments_).catch((error) => {
      throw error.message.startsWith('ERR ') ? new RefusedError('ERR', error.message) : error;
    });
  }
}
