// After an error on a connection that claims, the worker may hold jobs whose reply was lost. HELD lists them.

import { Backoff } from '../connection/link.js';
import { passes, toJqError, type JqError } from '../errors.js';

/** What the recovery needs of its worker. */
export interface RecoveryOwner {
  /** Raised when the worker stops: what it holds is then handed back. */
  readonly stopping: AbortSignal;
  /** How long a claim waits, ms. */
  readonly block: number;
  /** Sends HELD and begins the jobs that are not known. */
  askHeld(queue: string): Promise<void>;
  failing(error: JqError): void;
  broken(error: JqError): void;
}

export class Recovery {
  readonly #owner: RecoveryOwner;
  readonly #doubtful = new Set<string>();
  #asking?: Promise<void>;

  constructor(owner: RecoveryOwner) {
    this.#owner = owner;
  }

  /** Something may have been claimed from `queues` without our knowing. They are asked at once, and once more later. */
  doubt(queues: string[]): void {
    // Until its BLOCK is over the server may serve a claim whose connection is gone.
    setTimeout(() => this.ask(queues), this.#owner.block).unref();
    this.ask(queues);
  }

  /** Asks what is held of `queues`. */
  ask(queues: string[]): void {
    if (this.#owner.stopping.aborted) return;
    for (const queue of queues) this.#doubtful.add(queue);
    this.#asking ??= this.#askAll();
  }

  /** Resolves when nothing is in doubt, or the worker stops. */
  async settled(): Promise<void> {
    while (this.#asking && !this.#owner.stopping.aborted) await this.#asking;
  }

  async #askAll(): Promise<void> {
    const backoff = new Backoff();
    while (this.#doubtful.size > 0 && !this.#owner.stopping.aborted) {
      const [queue] = this.#doubtful;
      this.#doubtful.delete(queue); // a doubt that comes up meanwhile is another one
      try {
        await this.#owner.askHeld(queue);
        backoff.reset();
      } catch (thrown) {
        this.#doubtful.add(queue);
        const error = toJqError(thrown);
        if (!passes(error)) return this.#owner.broken(error);
        this.#owner.failing(error);
        await backoff.wait(this.#owner.stopping);
      }
    }
    this.#asking = undefined;
  }
}
