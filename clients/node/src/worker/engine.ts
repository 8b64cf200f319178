// The loop of a worker, whatever its handlers look like: it claims jobs, keeps their leases, sends their answers, and goes
// on when servers and connections fail.

import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { Backoff, Link } from '../connection/link.js';
import type { Source, Word } from '../connection/source.js';
import { passes, toJqError, type JqError } from '../errors.js';
import { toText } from '../reply.js';
import { Answers, type AnswersOwner } from './answers.js';
import { Heartbeat, type HeartbeatOwner } from './heartbeat.js';
import type { JobActs } from './job.js';
import type { Order } from './order.js';
import { Recovery, type RecoveryOwner } from './recovery.js';
import { lostReason, type Answer, type Run } from './run.js';
import { Runs } from './runs.js';
import { Slots, type Shape } from './slots.js';

/** What an engine is told by its worker. */
export interface EngineSetup extends Shape {
  source: Source;
  name: string;
  order: Order;
  lease: number;
  /** How long a claim waits, ms, but no longer than a third of the lease. */
  block: number;
  /** Words of each claim that waits, beside the usual ones. */
  claimWords: Word[];
  /** Whether an answer asks for the next jobs. */
  asksNext: boolean;
  /** Begins a handler for `group`, which ends in an `answer` for each. */
  handle(group: Run[]): void;
  claimed(run: Run): void;
  ended(run: Run, answer: Answer, reply: number): void;
  lost(run: Run): void;
  failing(error: JqError): void;
  idle(): void;
}

/** How much later than its BLOCK a claim may be answered. */
const LATENESS = 5_000;
/** How long to wait until a claim is ended once more, ms. */
const UNBLOCK_PAUSE = 20;
/** The longest time that a timer of Node can wait, ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

export class Engine implements AnswersOwner, HeartbeatOwner, RecoveryOwner, JobActs {
  readonly lease: number;
  readonly block: number;
  readonly queues: string[];
  readonly runs = new Runs();
  /** For everything that does not wait. */
  readonly link: Link;
  readonly #claims: Link;
  readonly #setup: EngineSetup;
  readonly #slots: Slots;
  readonly #answers: Map<string, Answers>;
  readonly #heartbeat = new Heartbeat(this);
  readonly #recovery = new Recovery(this);
  readonly #stopping = new AbortController();
  readonly #givenUp = new AbortController();
  /** The connection that claims, as CLIENT UNBLOCK names it. */
  #claimsId?: number;
  #claiming: Promise<void> = Promise.resolve();
  #error?: JqError;

  constructor(setup: EngineSetup) {
    this.#setup = setup;
    this.lease = setup.lease;
    // A claim may have been served at its end, and its lease counts from its begin.
    this.block = Math.max(1, Math.min(setup.block, Math.floor(setup.lease / 3)));
    this.queues = setup.order.queues;
    this.link = new Link(setup.source);
    this.#claims = new Link(setup.source, async (connection) => {
      // A user without this right waits until the claim ends by itself.
      this.#claimsId = await connection.send(['CLIENT', 'ID']).then(Number, () => undefined);
    });
    this.#slots = new Slots(setup, (group) => setup.handle(group));
    this.#answers = new Map(this.queues.map((queue) => [queue, new Answers(queue, this)]));
  }

  /** Begins to work. */
  start(): void {
    this.#heartbeat.start();
    this.#recovery.ask(this.queues); // a process that had this name may have left jobs
    this.#claiming = this.#claimAll();
  }

  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  get givenUp(): AbortSignal {
    return this.#givenUp.signal;
  }

  /** What has ended the worker, if waiting did not help. */
  get error(): JqError | undefined {
    return this.#error;
  }

  /** Claims no more, gives the handlers `limit` ms, and hands back what is left. Resolves when everything is answered. */
  async stop(limit: number): Promise<void> {
    this.#stopping.abort();
    for (const run of this.#slots.close()) this.answer(run, { kind: 'release' });
    const ended = Promise.all([this.#endClaim(), this.runs.whenEmpty()]);
    if (!(await isWithin(limit, ended, this.givenUp))) await this.#handBack();
    await Promise.race([this.runs.whenEmpty(), raised(this.givenUp)]);
    await Promise.all(this.queues.map((queue) => this.#releaseAll(queue)));
    this.#heartbeat.stop();
    this.#claims.close();
    this.link.close();
  }

  /** Waits for no answer any more. */
  giveUp(): void {
    this.#givenUp.abort();
    this.#heartbeat.stop();
    this.#claims.close();
    this.link.close();
  }

  /** Sends what came of a run. Nothing happens if it was answered before. */
  answer(run: Run, answer: Answer): void {
    if (run.isAnswered) return;
    run.isAnswered = true;
    const asksNext = this.#setup.asksNext && this.#setup.order.mayAskNext(run.queue);
    (this.#answers.get(run.queue) as Answers).push(run, answer, asksNext);
    if (!asksNext) this.#slots.give(1);
  }

  // What the parts of the engine, and jobs, ask of it.

  nextWords(queue: string, count: number): Word[] {
    if (this.stopping.aborted || !this.#setup.order.mayAskNext(queue)) return [];
    return ['NEXT', this.#setup.name, 'COUNT', count, 'LEASE', this.lease, 'FULL'];
  }

  begin(queue: string, jobs: unknown[], slots: number, since: number): void {
    const runs = this.runs.adopt(queue, jobs, since + this.lease);
    for (const run of runs) this.#setup.claimed(run);
    if (!this.stopping.aborted) return this.#slots.give(slots, runs);
    for (const run of runs) this.answer(run, { kind: 'release' });
    return undefined;
  }

  ended(run: Run, answer: Answer, reply: number): void {
    this.runs.forget(run);
    this.#setup.ended(run, answer, reply);
  }

  lost(run: Run, reply: number): void {
    if (run.lose(lostReason(reply))) this.#setup.lost(run);
  }

  dropped(run: Run): void {
    this.runs.forget(run);
  }

  doubt(queue: string, slots: number): void {
    this.#recovery.doubt([queue]);
    // Not sooner, or a claim that waits would take the slots of the jobs that HELD finds.
    void this.#recovery.settled().then(() => this.#slots.give(slots));
  }

  failing(error: JqError): void {
    if (!this.givenUp.aborted) this.#setup.failing(error);
  }

  broken(error: JqError): void {
    this.#error ??= error;
    this.#stopping.abort();
  }

  beaten(): void {
    this.#recovery.beat();
  }

  async askHeld(queue: string): Promise<void> {
    const since = performance.now();
    await this.runs.whileAsking(async () => {
      const words = ['JQ.CLAIM', queue, this.#setup.name, 'HELD', 'LEASE', this.lease, 'FULL'];
      this.begin(queue, (await this.link.send(words)) as unknown[], 0, since);
    });
  }

  async ask(run: Run, command: Word[], isSafeToRepeat: boolean): Promise<unknown> {
    const backoff = new Backoff();
    for (;;) {
      try {
        return await this.link.send(command);
      } catch (thrown) {
        const error = toJqError(thrown);
        const isOver = run.lost !== undefined || performance.now() > run.leaseEnd;
        if (!isSafeToRepeat || !passes(error) || isOver) throw error;
        await backoff.wait(run.signal);
      }
    }
  }

  async #claimAll(): Promise<void> {
    const backoff = new Backoff();
    while (!this.stopping.aborted) {
      await this.#recovery.settled();
      const slots = await this.#slots.take();
      if (slots === 0 || this.stopping.aborted) return;
      try {
        await this.#claim(slots);
        backoff.reset();
      } catch (thrown) {
        this.#slots.give(slots);
        const error = toJqError(thrown);
        if (!passes(error)) return this.broken(error);
        this.failing(error);
        this.#recovery.doubt(this.queues);
        await backoff.wait(this.stopping);
      }
    }
  }

  async #claim(slots: number): Promise<void> {
    const { order, name, claimWords } = this.#setup;
    const queues = order.next();
    const command = queues.length === 1 ? ['JQ.CLAIM', queues[0]] : ['JQ.CLAIMANY', queues.length, ...queues];
    const since = performance.now();
    const options = ['COUNT', slots, 'LEASE', this.lease, 'BLOCK', this.block, 'FULL', ...claimWords];
    const reply = (await this.#claims.send([...command, name, ...options], this.block + LATENESS)) as unknown[] | null;
    const [queue, jobs] = reply && queues.length > 1 ? [toText(reply[0]), reply[1] as unknown[]] : [queues[0], reply ?? []];
    if (jobs.length > 0) order.served(queues, queue, jobs.length);
    else if (this.runs.size === 0) this.#setup.idle();
    this.begin(queue, jobs, slots, since);
  }

  /** Ends a claim that waits, also one that the server has not begun yet. */
  async #endClaim(): Promise<void> {
    let isOver = false;
    const over = this.#claiming.then(() => (isOver = true));
    while (!isOver && this.#claimsId !== undefined) {
      await this.link.send(['CLIENT', 'UNBLOCK', this.#claimsId]).catch(() => {});
      await Promise.race([over, sleep(UNBLOCK_PAUSE)]);
    }
    await over;
  }

  /** Raises the signals of the handlers that run, and hands back those that have not ended in the same turn. */
  async #handBack(): Promise<void> {
    this.#claims.close();
    for (const run of this.runs) run.stop();
    await turn();
    for (const run of this.runs) this.answer(run, { kind: 'release' });
  }

  /** Hands back also what was claimed by a request whose reply was lost. */
  async #releaseAll(queue: string): Promise<void> {
    if (this.givenUp.aborted) return;
    const hasFailed = (error: JqError) => this.#error ?? this.failing(error);
    await this.link.send(['JQ.RELEASE', queue, 'WORKER', this.#setup.name]).catch(hasFailed);
  }
}

/** Whether `promise` resolves within `limit` ms, and before `signal` is raised. */
async function isWithin(limit: number, promise: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.min(limit, LONGEST_TIMER));
    signal.addEventListener('abort', () => resolve(false));
  });
  return Promise.race([promise.then(() => true), over]).finally(() => clearTimeout(timer));
}

function raised(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
}
