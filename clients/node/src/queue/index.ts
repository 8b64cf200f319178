// The queue with all its commands: batches here, the other chapters of the manual in the classes below.

import { Link, Backoff } from '../connection/link.js';
import { passes, toJqError } from '../errors.js';
import { EventReader, type EventOptions } from '../events.js';
import { toFields, toText, type Fields } from '../reply.js';
import { optionWords } from '../words.js';
import type { Page } from './base.js';
import { ProducingCommands } from './producing.js';
import type { PageOptions } from './reading.js';

/** The state of a job, and its result if it has one. */
export interface JobEnd {
  /** Its state, or how it has ended. */
  state: string;
  /** Its result; null if it has none. */
  result: unknown;
}

/** Options of the methods that wait. */
export interface AwaitOptions {
  /** How long to wait, in milliseconds; default: for ever. Then you get the present state. */
  timeout?: number;
}

/** One call of JQ.AWAIT is this long at most; then it is sent again. */
const AWAIT_SLICE = 5_000;
/** How much later than that a reply may come. */
const LATENESS = 5_000;

/**
 * A queue of redis-jq. Methods are the commands of the manual, options its keywords, and durations are milliseconds.
 * Every failure is a {@link JqError}.
 */
export class Queue extends ProducingCommands {
  /** JQ.SEAL: the batch takes no more members; false if it was sealed before. */
  async seal(batch: string): Promise<boolean> {
    return (await this.number('JQ.SEAL', batch)) === 1;
  }

  /** JQ.BATCH: the numbers of a batch; null if it is unknown. */
  async batch(name: string): Promise<Fields | null> {
    return this.fields('JQ.BATCH', name);
  }

  /** JQ.BATCHES: one page of the batches, oldest first. */
  async batches(options: PageOptions = {}): Promise<Page<Fields>> {
    const [cursor, items] = (await this.send('JQ.BATCHES', ...optionWords(options))) as [unknown, unknown[][]];
    const toItem = ([name, map]: unknown[]) => ({ batch: toText(name), ...toFields(map, this.format) });
    return { cursor: toText(cursor), items: items.map(toItem) };
  }

  /** JQ.FORGET: whether the batch is removed; not if it is unknown, or something waits for it. */
  async forget(batch: string): Promise<boolean> {
    return (await this.number('JQ.FORGET', batch)) === 1;
  }

  /** JQ.AWAIT BATCH: the numbers of the batch when it is sealed and nothing of it is pending; null if it is unknown. */
  async awaitBatch(name: string, options: AwaitOptions = {}): Promise<Fields | null> {
    const read = (reply: unknown) => toFields(reply, this.format);
    return this.#await(['BATCH', name], options, read, (batch) => batch === null || (batch.sealed === 1 && batch.pending === 0));
  }

  /** JQ.AWAIT JOB: how the job has ended, with its result; null if its id is unknown. */
  async awaitJob(id: string, options: AwaitOptions = {}): Promise<JobEnd | null> {
    const read = (reply: unknown) => {
      if (!Array.isArray(reply)) return null;
      return { state: toText(reply[0]), result: this.decoded(reply[1]) };
    };
    const unfinished = ['waiting', 'delayed', 'blocked', 'active'];
    return this.#await(['JOB', id], options, read, (job) => job === null || !unfinished.includes(job.state));
  }

  /** JQ.AWAIT IDLE: how many jobs are active: 0 as soon as none is. */
  async awaitIdle(options: AwaitOptions = {}): Promise<number> {
    return this.#await(['IDLE'], options, Number, (active) => active === 0);
  }

  /** JQ.EVENTS: what happens in the queue from a position on, for `for await`. */
  events(options: EventOptions = {}): EventReader {
    return new EventReader(this.source, this.name, this.format, options);
  }

  /** Waits over a connection of its own, since a command that waits occupies it, and again after it has failed. */
  async #await<T>(what: string[], options: AwaitOptions, read: (reply: unknown) => T, isOver: (state: T) => boolean): Promise<T> {
    const link = new Link(this.source, this.name);
    const backoff = new Backoff();
    const end = performance.now() + (options.timeout ?? Infinity);
    try {
      for (;;) {
        const slice = Math.max(1, Math.ceil(Math.min(AWAIT_SLICE, end - performance.now())));
        try {
          const state = read(await link.send(['JQ.AWAIT', this.name, ...what, slice], slice + LATENESS));
          if (isOver(state) || performance.now() >= end) return state;
          backoff.reset();
        } catch (thrown) {
          const error = toJqError(thrown);
          if (!passes(error) || performance.now() >= end) throw error;
          await backoff.wait();
        }
      }
    } finally {
      link.close();
    }
  }
}
