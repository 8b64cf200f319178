// A worker whose handler gets one job at a time.

import type { ConnectionLike } from '../connection/index.js';
import { ShardedQueue } from '../shards/index.js';
import { WorkerBase, type WorkerOptions } from './base.js';
import { failure, success, wrapped, type Handler, type Middleware } from './handling.js';
import type { Job } from './job.js';
import type { QueueNames } from './order.js';
import { allShards, oneOrder } from './origin.js';
import type { Answer } from './run.js';

/** Options of a {@link Worker}. Durations are milliseconds. */
export interface SingleWorkerOptions<Payload> extends WorkerOptions {
  /** How many handlers run at a time; default: 1. */
  concurrency?: number;
  /** Around each call of the handler; the first one is outermost. */
  middleware?: Middleware<Payload>[];
  /** How long a claim waits at the server, at most 5,000 and a third of the lease; default: 5,000. */
  block?: number;
}

const BLOCK = 5_000;

type ShardedArguments<Payload> = [queue: ShardedQueue, handler: Handler<Payload>, options?: SingleWorkerOptions<Payload>];
type WorkerArguments<Payload> =
  | ShardedArguments<Payload>
  | [
      connection: ConnectionLike,
      queues: QueueNames,
      handler: Handler<Payload>,
      options?: SingleWorkerOptions<Payload>,
    ];

/** Claims jobs and calls a handler for each: `await new Worker(redis, 'mail', handler).run()`. */
export class Worker<Payload = unknown> extends WorkerBase<Payload> {
  readonly #handler: Handler<Payload>;

  /** @param queues One name, several in strict order, or names with weights. In a cluster they share a slot. */
  constructor(
    connection: ConnectionLike,
    queues: QueueNames,
    handler: Handler<Payload>,
    options?: SingleWorkerOptions<Payload>,
  );
  /** A worker of all shards of a queue. It claims from each of them at once, also from those that are added later. `payload` is as the queue has it. */
  constructor(queue: ShardedQueue, handler: Handler<Payload>, options?: SingleWorkerOptions<Payload>);
  constructor(...given: WorkerArguments<Payload>) {
    const [origin, handler, options = {}] = isSharded(given)
      ? [allShards(given[0]), given[1], { payload: given[0].format, ...given[2] }]
      : [oneOrder(given[0], given[1]), given[2], given[3]];
    const { concurrency = 1, middleware = [], block = BLOCK, ...others } = options;
    const kind = { slots: concurrency, group: 1, block: Math.ceil(Math.min(block, BLOCK)), claimWords: [], asksNext: true };
    super(origin, kind, others);
    this.#handler = wrapped(handler, middleware);
  }

  protected async handle([job]: Job<Payload>[]): Promise<Answer[]> {
    try {
      return [success(await this.#handler(job), this.format)];
    } catch (error) {
      return [failure(error, job.signal)];
    }
  }
}

function isSharded<Payload>(given: WorkerArguments<Payload>): given is ShardedArguments<Payload> {
  return given[0] instanceof ShardedQueue;
}
