// A worker whose handler gets many jobs at a time, for one bulk write.

import type { ConnectionLike } from '../connection/index.js';
import { WorkerBase, type WorkerOptions } from './base.js';
import { failure, success } from './handling.js';
import type { Job } from './job.js';
import { oneOrder } from './origin.js';
import type { Answer } from './run.js';

/** Options of a {@link BulkWorker}. Durations are milliseconds. */
export interface BulkWorkerOptions extends WorkerOptions {
  /** How many jobs the handler gets at most. */
  count: number;
  /** How many jobs a claim waits for; default: 1. */
  min?: number;
  /** How long it waits for them, at most 5,000 and a third of the lease; then it takes those there are. Default: 1,000. */
  wait?: number;
  /** How many handlers run at a time; default: 1. */
  concurrency?: number;
}

/**
 * What a bulk handler returns: for each job its result, or an Error if it has failed, in the order of the jobs. Nothing:
 * all are done.
 */
export type BulkOutcome = readonly unknown[] | void;

/** Does the work of many jobs. What it throws fails all of them. */
export type BulkHandler<Payload> = (jobs: Job<Payload>[]) => BulkOutcome | Promise<BulkOutcome>;

const WAIT = 1_000;
const LONGEST_WAIT = 5_000;

/** Claims up to `count` jobs and calls a handler for all of them. */
export class BulkWorker<Payload = unknown> extends WorkerBase<Payload> {
  readonly #handler: BulkHandler<Payload>;

  constructor(connection: ConnectionLike, queue: string, handler: BulkHandler<Payload>, options: BulkWorkerOptions) {
    const { count, min = 1, wait = WAIT, concurrency = 1, ...others } = options;
    const kind = {
      slots: count * concurrency,
      group: count,
      block: Math.ceil(Math.min(wait, LONGEST_WAIT)),
      claimWords: ['MIN', min],
      asksNext: false, // an answer would take less than there will be
    };
    super(oneOrder(connection, queue), kind, others);
    this.#handler = handler;
  }

  protected async handle(jobs: Job<Payload>[]): Promise<Answer[]> {
    try {
      const outcomes = (await this.#handler(jobs)) ?? [];
      return jobs.map(({ signal }, index) => this.#answer(outcomes[index], signal));
    } catch (error) {
      return jobs.map(({ signal }) => failure(error, signal));
    }
  }

  #answer(outcome: unknown, signal: AbortSignal): Answer {
    return outcome instanceof Error ? failure(outcome, signal) : success(outcome, this.format);
  }
}
