// What operators do with a queue of several shards.

import type { Changes, RetryOptions, Round, RoundOptions } from '../queue/administration.js';
import type { State } from '../queue/reading.js';
import type { Fields } from '../reply.js';
import { ShardedReading } from './reading.js';
import { sumOf } from './sums.js';

/** The commands of operators. Those on ids answer for each, as on one queue; those on all go shard after shard. */
export class ShardedAdministration extends ShardedReading {
  /** JQ.RETRY: failed jobs become waiting, with fresh attempts. */
  async retry(ids: string | string[], options: RetryOptions = {}): Promise<number[]> {
    return this.findAll([ids].flat(), (queue, some) => queue.retry(some, options), isKnown);
  }

  /** JQ.RERUN: completed jobs run once more, with fresh attempts. */
  async rerun(ids: string | string[], options: RetryOptions = {}): Promise<number[]> {
    return this.findAll([ids].flat(), (queue, some) => queue.rerun(some, options), isKnown);
  }

  /** JQ.CANCEL: a job that has not started is cancelled now, the worker of an active one is told. */
  async cancel(ids: string | string[]): Promise<number[]> {
    return this.findAll([ids].flat(), (queue, some) => queue.cancel(some), isKnown);
  }

  /** JQ.PROMOTE: delayed jobs, and jobs on hold, become waiting now, or in `delay` ms. */
  async promote(ids: string | string[], options: { delay?: number; front?: boolean } = {}): Promise<number[]> {
    return this.findAll([ids].flat(), (queue, some) => queue.promote(some, options), isKnown);
  }

  /** JQ.REMOVE: jobs that are not active, records, and remembered ids. */
  async remove(ids: string | string[]): Promise<number[]> {
    return this.findAll([ids].flat(), (queue, some) => queue.remove(some), isKnown);
  }

  /** JQ.CHANGE: 1 changed, 0 the state of the job does not allow one of these, -1 no such job. */
  async change(id: string, changes: Changes): Promise<number> {
    return this.find(id, (queue) => queue.change(id, changes), isKnown);
  }

  /** JQ.RETRY *: one round over the failed jobs that are selected. Go on with the cursor until it is `0`. */
  async retryAll(options: RoundOptions & { front?: boolean } = {}): Promise<Round> {
    return this.askNext(options.cursor, (queue, cursor) => queue.retryAll({ ...options, cursor }));
  }

  /** JQ.CANCEL *: one round over the unfinished jobs that are selected. */
  async cancelAll(options: RoundOptions = {}): Promise<Round> {
    return this.askNext(options.cursor, (queue, cursor) => queue.cancelAll({ ...options, cursor }));
  }

  /** JQ.PROMOTE *: one round over the delayed jobs that are selected. */
  async promoteAll(options: RoundOptions & { front?: boolean } = {}): Promise<Round> {
    return this.askNext(options.cursor, (queue, cursor) => queue.promoteAll({ ...options, cursor }));
  }

  /** JQ.PURGE: one round that removes records or ids, or cancels jobs; `older` than so many ms. */
  async purge(state: Exclude<State, 'active'>, options: RoundOptions & { older?: number } = {}): Promise<Round> {
    return this.askNext(options.cursor, (queue, cursor) => queue.purge(state, { ...options, cursor }));
  }

  /** JQ.PAUSE: nothing is claimed any more, of the queue or of a group; whether that is new for one shard at least. */
  async pause(options: { group?: string; for?: number } = {}): Promise<boolean> {
    return (await this.askAll((queue) => queue.pause(options))).includes(true);
  }

  /** JQ.RESUME: ends both kinds of pause, or `only` one. */
  async resume(options: { group?: string; only?: 'pause' | 'for' } = {}): Promise<boolean> {
    return (await this.askAll((queue) => queue.resume(options))).includes(true);
  }

  /** JQ.CONFIG: sets settings of all shards, and gives those of the first. Limits hold for each shard by itself. */
  async config(settings: Record<string, string | number> = {}): Promise<Fields> {
    const [first] = await this.askAll((queue) => queue.config(settings));
    return first;
  }

  /** JQ.GROUP: sets limits of a group on all shards, where each holds by itself, and gives its numbers, summed. */
  async group(name: string, limits: { concurrency?: number | 'default'; rate?: string | 'default' } = {}): Promise<Fields> {
    return sumOf(await this.askAll((queue) => queue.group(name, limits)));
  }

  /** JQ.EMIT: puts an event of the application into the order of the job's shard, or without a job of the first. */
  async emit(event: string, fields: Record<string, string | Buffer> = {}, options: { job?: string } = {}): Promise<string | null> {
    const { job } = options;
    const shard = job === undefined ? 0 : this.layout.places(job, await this.layout.count()).now;
    return this.layout.queue(shard).emit(event, fields, options);
  }

  /** JQ.TRIMEVENTS: drops the oldest events of each shard until `count` are left there. Returns how many were dropped. */
  async trimEvents(count: number): Promise<number> {
    const dropped = await this.askAll((queue) => queue.trimEvents(count));
    return dropped.reduce((sum, one) => sum + one, 0);
  }
}

function isKnown(answer: number): boolean {
  return answer !== -1;
}
