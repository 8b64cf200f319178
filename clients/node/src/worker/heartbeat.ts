// Keeps the leases of all jobs that the worker knows, and learns from the answers which of them are not its own any more.

import { setMaxListeners } from 'node:events';
import { Backoff, type Link } from '../connection/link.js';
import { passes, toJqError, type JqError } from '../errors.js';
import type { Run } from './run.js';
import type { Runs } from './runs.js';

/** EXTEND is sent every third of the lease, and what has run out is noticed four times as often. */
const LOOKS_PER_BEAT = 4;
const BEATS_PER_LEASE = 3;
/** How many jobs one EXTEND names. */
const MANY = 1_000;

/** What the heartbeat needs of its worker. */
export interface HeartbeatOwner {
  readonly runs: Runs;
  /** All queues of now. */
  readonly queues: string[];
  /** Length of a lease, ms. */
  readonly lease: number;
  linkTo(queue: string): Link;
  lost(run: Run, reply: number): void;
  failing(error: JqError): void;
  broken(error: JqError): void;
}

export class Heartbeat {
  readonly #owner: HeartbeatOwner;
  readonly #ended = new AbortController();
  #timer?: NodeJS.Timeout;
  /** The queues whose EXTEND is on its way. */
  readonly #beating = new Set<string>();
  #looks = 0;

  constructor(owner: HeartbeatOwner) {
    this.#owner = owner;
    setMaxListeners(0, this.#ended.signal); // one for each shard
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), this.#owner.lease / BEATS_PER_LEASE / LOOKS_PER_BEAT);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#ended.abort();
  }

  #look(): void {
    this.#looks += 1;
    if (this.#looks % LOOKS_PER_BEAT === 0) this.#beat();
    const now = performance.now();
    for (const run of this.#owner.runs) {
      if (run.lost === undefined && run.leaseEnd < now) this.#owner.lost(run, -2);
    }
  }

  #beat(): void {
    const held = [...this.#owner.runs].filter((run) => run.lost === undefined);
    const quiet = this.#owner.queues.filter((queue) => !this.#beating.has(queue));
    for (const queue of quiet) void this.#extendAll(queue, held.filter((run) => run.queue === queue));
  }

  async #extendAll(queue: string, runs: Run[]): Promise<void> {
    this.#beating.add(queue);
    for (let at = 0; at < runs.length; at += MANY) await this.#extend(queue, runs.slice(at, at + MANY));
    this.#beating.delete(queue);
  }

  /** Repeats one EXTEND until it is answered. */
  async #extend(queue: string, runs: Run[]): Promise<void> {
    const backoff = new Backoff();
    while (!this.#ended.signal.aborted) {
      const since = performance.now();
      try {
        const words = ['JQ.EXTEND', queue, this.#owner.lease, ...runs.flatMap((run) => run.pair)];
        const numbers = (await this.#owner.linkTo(queue).send(words)) as unknown[];
        runs.forEach((run, index) => this.#note(run, Number(numbers[index]), since));
        return;
      } catch (thrown) {
        const error = toJqError(thrown);
        if (!passes(error)) return this.#owner.broken(error);
        if (this.#ended.signal.aborted) return;
        this.#owner.failing(error);
        await backoff.wait(this.#ended.signal);
      }
    }
  }

  #note(run: Run, answer: number, since: number): void {
    if (answer < 0) this.#owner.lost(run, answer);
    else if (answer === 1) run.leaseEnd = Math.max(run.leaseEnd, since + this.#owner.lease); // a handler may have asked for more
    // MAXRUN allows so many ms and no more. 0: the run has been answered.
    else if (answer > 1) run.leaseEnd = since + answer;
  }
}
