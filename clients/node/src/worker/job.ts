// A job as a handler sees it.

import type { Word } from '../connection/source.js';
import { LostError } from '../errors.js';
import { decodeIfPossible, encode, textOrBytes, type PayloadFormat } from '../payload.js';
import { toFields, toOwnFields, type Fields } from '../reply.js';
import { duration } from '../words.js';
import { lostReason, type Run } from './run.js';

/** What a job needs of its worker. */
export interface JobActs {
  /** Sends a command about a job; one that is safe to repeat is repeated while the lease lasts. */
  ask(run: Run, command: Word[], isSafeToRepeat: boolean): Promise<unknown>;
  lost(run: Run, reply: number): void;
}

/** A claimed job. */
export class Job<Payload = unknown> {
  /** The queue it was claimed from. */
  readonly queue: string;
  /** The id of the job. */
  readonly id: string;
  /** What was added; its bytes with `payload: 'bytes'`. */
  readonly payload: Payload;
  /** The number of this run, from 1. */
  readonly attempt: number;
  /** How many more failures the job survives; 0: if this run fails, the job fails for good. */
  readonly failuresLeft: number;
  /** The number of this claim: larger than all earlier ones of the queue. Fence your own writes with it. */
  readonly token: number;
  /** What kind of job it is, if that was said. */
  readonly name?: string;
  /** The fields that were set with SET. */
  readonly fields: Record<string, string | Buffer>;
  /** What an earlier run has left with {@link progress}. */
  readonly checkpoint: unknown;
  /** Raised when the job is no longer this worker's, or the worker stops. Its reason says which. */
  readonly signal: AbortSignal;

  readonly #run: Run;
  readonly #acts: JobActs;
  readonly #format: PayloadFormat;

  /** @internal */
  constructor(run: Run, payload: Payload, format: PayloadFormat, acts: JobActs) {
    const { claimed } = run;
    const progress = claimed.get('progress') as Buffer | undefined;
    this.queue = run.queue;
    this.id = String(run.id);
    this.payload = payload;
    this.attempt = Number(claimed.get('attempt'));
    this.failuresLeft = Number(claimed.get('failures-left'));
    this.token = run.token;
    this.name = claimed.has('name') ? String(textOrBytes(claimed.get('name') as Buffer)) : undefined;
    this.fields = toOwnFields(claimed.get('fields'));
    this.checkpoint = progress && decodeIfPossible(progress, format);
    this.signal = run.signal;
    this.#run = run;
    this.#format = format;
    this.#acts = acts;
  }

  /** All that the server told with the claim (JQ.GET). */
  get details(): Fields {
    return toFields([...this.#run.claimed].flat(), this.#format) as Fields;
  }

  /**
   * Keeps a checkpoint with the job, which the next attempt finds if this one fails.
   *
   * @throws {@link LostError} if the job is not this worker's any more.
   */
  async progress(data: unknown): Promise<void> {
    await this.#tell(['JQ.PROGRESS', this.queue, ...this.#run.pair, encode(data, this.#format)]);
  }

  /**
   * Lets the lease end no sooner than `ms` from now. There is no need to while the event loop runs: the worker extends it.
   *
   * @throws {@link LostError} if the job is not this worker's any more.
   */
  async extend(ms: number): Promise<void> {
    const since = performance.now();
    const answer = await this.#tell(['JQ.EXTEND', this.queue, duration(ms), ...this.#run.pair]);
    this.#run.leaseEnd = Math.max(this.#run.leaseEnd, since + (answer > 1 ? answer : ms));
  }

  /** Appends lines to the log of the job. After a lost connection it is not known whether they are there. */
  async log(...lines: string[]): Promise<void> {
    await this.#acts.ask(this.#run, ['JQ.LOG', this.queue, this.#run.id, ...lines], false);
  }

  async #tell(command: Word[]): Promise<number> {
    const [answer] = ((await this.#acts.ask(this.#run, command, true)) as unknown[]).map(Number);
    if (answer < 0) {
      this.#acts.lost(this.#run, answer);
      throw new LostError(lostReason(answer));
    }
    return answer;
  }
}
