// What a worker tells its user. A listener that throws does not end the worker.

import { EventEmitter } from 'node:events';
import type { JqError, LostReason } from '../errors.js';
import type { Job } from './job.js';

/** The events of a worker, with what their listeners get. */
export interface WorkerEvents<Payload> {
  /** A job was claimed, and will be begun. */
  claimed: [job: Job<Payload>];
  /** The server has taken the ACK. */
  completed: [job: Job<Payload>, result: unknown];
  /** The server has taken the NACK. `isFinal`: the job has failed for good, and is not tried again. */
  failed: [job: Job<Payload>, error: Error, isFinal: boolean];
  /** This run does not count. */
  lost: [job: Job<Payload>, reason: LostReason];
  /** The server, or the way to it, fails; the worker waits and goes on. Also what a listener has thrown. */
  error: [error: Error];
  /** A claim has waited, and there is nothing to do. */
  idle: [];
}

/** Listeners, added with `on` and `once`. */
export class Hooks<Payload> extends EventEmitter<WorkerEvents<Payload>> {
  /** Calls all listeners. Errors that nobody listens to become warnings of the process. */
  protected tell<Name extends keyof WorkerEvents<Payload>>(name: Name, ...args: WorkerEvents<Payload>[Name]): void {
    for (const listener of this.rawListeners(name as never)) {
      try {
        const result: unknown = Reflect.apply(listener, this, args);
        if (result instanceof Promise) result.catch((error) => this.#hasThrown(name, error));
      } catch (error) {
        this.#hasThrown(name, error);
      }
    }
    if (name === 'error' && this.listenerCount('error') === 0) process.emitWarning(args[0] as Error);
  }

  #hasThrown(name: unknown, error: unknown): void {
    const thrown = error instanceof Error ? error : new Error(String(error));
    if (name === 'error') process.emitWarning(thrown);
    else this.tell('error', thrown as JqError);
  }
}
