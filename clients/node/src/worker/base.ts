// What all workers have in common: options, start, stop.

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { decode, decodeIfPossible, type PayloadFormat } from '../payload.js';
import { Engine, type EngineSetup } from './engine.js';
import { Hooks } from './hooks.js';
import { Job } from './job.js';
import type { Origin } from './origin.js';
import type { Answer, Run } from './run.js';

/** Options of every worker. Durations are milliseconds. */
export interface WorkerOptions {
  /** The worker's name; default: host, process id and a random part. Two workers must not have the same. */
  name?: string;
  /** How long a job belongs to the worker without a sign of life; default: 30,000. */
  lease?: number;
  /** How payloads, results and progress are written and read; default: `json`. */
  payload?: PayloadFormat;
  /** How long {@link Worker.stop} gives the handlers that run; default: 25,000. */
  stopLimit?: number;
}

const LEASE = 30_000;
const STOP_LIMIT = 25_000;

/** What one kind of worker has of its own. */
export type Kind = Pick<EngineSetup, 'slots' | 'group' | 'block' | 'claimWords' | 'asksNext'>;

/** A job, and why its payload cannot be read, if it cannot; the payload is its bytes then. */
interface ClaimedJob<Payload> {
  job: Job<Payload>;
  unreadable?: Error;
}

/** The base of {@link Worker} and {@link BulkWorker}. */
export abstract class WorkerBase<Payload> extends Hooks<Payload> {
  /** The worker's name, as JQ.WORKERS shows it. */
  readonly name: string;
  /** How payloads, results and progress are written and read. */
  protected readonly format: PayloadFormat;
  readonly #origin: Origin;
  readonly #engine: Engine;
  readonly #stopLimit: number;
  readonly #jobs = new WeakMap<Run, ClaimedJob<Payload>>();
  #isStarted = false;
  #stopped?: Promise<void>;

  /** @internal */
  constructor(origin: Origin, kind: Kind, options: WorkerOptions) {
    super();
    this.name = options.name ?? `${hostname()}:${process.pid}:${randomBytes(6).toString('hex')}`;
    this.format = options.payload ?? 'json';
    this.#stopLimit = options.stopLimit ?? STOP_LIMIT;
    this.#origin = origin;
    this.#engine = new Engine({
      ...kind,
      origin,
      name: this.name,
      lease: Math.ceil(options.lease ?? LEASE),
      handle: (group) => void this.#handle(group),
      claimed: (run) => this.#claimed(run),
      ended: (run, answer, reply) => this.#ended(run, answer, reply),
      lost: (run) => this.tell('lost', this.#jobOf(run).job, run.lost ?? 'lease'),
      failing: (error) => this.tell('error', error),
      idle: () => this.tell('idle'),
    });
  }

  /**
   * Works until {@link stop}. Resolves when everything is answered.
   *
   * @throws {@link JqError} of what waiting does not mend: a missing right, a key that is no queue, a server without the
   * module.
   */
  async run(): Promise<void> {
    if (this.#isStarted) throw new Error('the worker runs already, or has stopped');
    this.#isStarted = true;
    this.#engine.start();
    const { stopping } = this.#engine;
    await new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve()));
    await (this.#stopped ??= this.#stop(this.#stopLimit));
    if (this.#engine.error) throw this.#engine.error;
  }

  /**
   * Claims no more, waits up to `limit` ms for the handlers that run, then raises their signals and hands their jobs back:
   * they lose no attempt. A second call does not wait any more. Resolves when everything is answered.
   */
  async stop(limit = this.#stopLimit): Promise<void> {
    if (this.#stopped) this.#engine.giveUp();
    this.#stopped ??= this.#stop(limit);
    return this.#stopped;
  }

  /** Does the work of some jobs, and gives the answer of each. Never rejects. */
  protected abstract handle(jobs: Job<Payload>[]): Promise<Answer[]>;

  async #stop(limit: number): Promise<void> {
    if (this.#isStarted) await this.#engine.stop(limit);
    else this.#engine.giveUp();
    this.#isStarted = true;
    this.#origin.close();
  }

  #claimed(run: Run): void {
    const claimed = this.#read(run);
    this.#jobs.set(run, claimed);
    this.tell('claimed', claimed.job);
  }

  #read(run: Run): ClaimedJob<Payload> {
    const bytes = run.claimed.get('payload') as Buffer;
    try {
      return { job: new Job(run, decode(bytes, this.format) as Payload, this.format, this.#engine) };
    } catch (error) {
      return { job: new Job(run, bytes as Payload, this.format, this.#engine), unreadable: error as Error };
    }
  }

  async #handle(group: Run[]): Promise<void> {
    const readable: Run[] = [];
    for (const run of group) {
      const { unreadable } = this.#jobOf(run);
      if (unreadable) this.#engine.answer(run, { kind: 'nack', error: unreadable, isFatal: true });
      else readable.push(run);
    }
    if (readable.length === 0) return;
    const answers = await this.handle(readable.map((run) => this.#jobOf(run).job));
    readable.forEach((run, index) => this.#engine.answer(run, answers[index]));
  }

  #ended(run: Run, answer: Answer, reply: number): void {
    const { job } = this.#jobOf(run);
    if (answer.kind === 'ack') this.tell('completed', job, answer.result && decodeIfPossible(answer.result, this.format));
    if (answer.kind !== 'nack') return;
    const isFinal = reply === 0 ? answer.isFatal || job.failuresLeft === 0 : reply === 2;
    this.tell('failed', job, answer.error, isFinal);
  }

  #jobOf(run: Run): ClaimedJob<Payload> {
    return this.#jobs.get(run) as ClaimedJob<Payload>;
  }
}
