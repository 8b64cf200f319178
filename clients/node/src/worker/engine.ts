// The heart of a worker, whatever its handlers look like: it lets its claimers claim jobs, keeps their leases, sends their
// answers, and goes on when servers and connections fail.

import { setMaxListeners } from 'node:events';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { Backoff, type Link } from '../connection/link.js';
import type { Source, Word } from '../connection/source.js';
import { passes, toJqError, type JqError } from '../errors.js';
import { Answers, type AnswersOwner } from './answers.js';
import { Claimer, type ClaimerOwner } from './claimer.js';
import { Heartbeat, type HeartbeatOwner } from './heartbeat.js';
import type { JobActs } from './job.js';
import type { Order } from './order.js';
import type { Origin } from './origin.js';
import { lostReason, type Answer, type Run } from './run.js';
import { Runs } from './runs.js';
import { Slots, type Shape } from './slots.js';

/** What an engine is told by its worker. */
export interface EngineSetup extends Shape {
  origin: Origin;
  name: string;
  lease: number;
  /** Words of each claim beside the usual ones. */
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

/** How often a worker asks whether there are more shards, ms. */
const GROWTH_PAUSE = 2_000;
/** The longest time that a timer of Node can wait, ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

export class Engine implements AnswersOwner, HeartbeatOwner, ClaimerOwner, JobActs {
  readonly source: Source;
  readonly lease: number;
  readonly block: number;
  readonly runs = new Runs();
  readonly slots: Slots;
  readonly #setup: EngineSetup;
  readonly #claimers: Claimer[] = [];
  readonly #claimerOf = new Map<string, Claimer>();
  readonly #answers = new Map<string, Answers>();
  readonly #heartbeat = new Heartbeat(this);
  readonly #stopping = new AbortController();
  readonly #givenUp = new AbortController();
  /** Those that have found nothing since the last job. */
  readonly #idle = new Set<Claimer>();
  #error?: JqError;

  constructor(setup: EngineSetup) {
    this.#setup = setup;
    this.source = setup.origin.source;
    this.lease = setup.lease;
    // A claim may have been served at its end, and its lease counts from its begin.
    this.block = Math.max(1, Math.min(setup.block, Math.floor(setup.lease / 3)));
    this.slots = new Slots({ ...setup, block: this.block }, (group) => setup.handle(group));
    setMaxListeners(0, this.stopping, this.givenUp); // a worker of many shards waits at many places
  }

  /** Begins to work. */
  start(): void {
    this.#heartbeat.start();
    void this.#joinAll();
  }

  get queues(): string[] {
    return [...this.#claimerOf.keys()];
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
    for (const run of this.slots.close()) this.answer(run, { kind: 'release' });
    const claims = this.#eachClaimer((claimer) => claimer.endClaim());
    const ended = Promise.all([claims, this.runs.whenEmpty()]);
    if (!(await isWithin(limit, ended, this.givenUp))) await this.#handBack();
    await Promise.race([this.runs.whenEmpty(), raised(this.givenUp)]);
    await Promise.all(this.queues.map((queue) => this.#releaseAll(queue)));
    this.#heartbeat.stop();
    await this.#eachClaimer((claimer) => claimer.close());
  }

  /** Waits for no answer any more. */
  giveUp(): void {
    this.#givenUp.abort();
    this.#heartbeat.stop();
    void this.#eachClaimer((claimer) => claimer.close());
  }

  /** Sends what came of a run. Nothing happens if it was answered before. */
  answer(run: Run, answer: Answer): void {
    if (run.isAnswered) return;
    run.isAnswered = true;
    const asksNext = this.#setup.asksNext && this.#claimer(run.queue).order.mayAskNext(run.queue);
    (this.#answers.get(run.queue) as Answers).push(run, answer, asksNext);
    if (!asksNext) this.slots.give(this.#claimer(run.queue).taker, 1);
  }

  // What the parts of the engine, and jobs, ask of it.

  linkTo(queue: string): Link {
    return this.#claimer(queue).link;
  }

  claimWords(count: number): Word[] {
    return [this.#setup.name, 'COUNT', count, 'LEASE', this.lease, 'FULL', ...this.#setup.claimWords];
  }

  next(queue: string, slots: number): number {
    const { order, taker } = this.#claimer(queue);
    return this.stopping.aborted || !order.mayAskNext(queue) ? 0 : this.slots.next(taker, slots);
  }

  lend(queue: string, slots: number): () => number {
    return this.slots.lend(this.#claimer(queue).taker, slots, 0);
  }

  nextWords(count: number): Word[] {
    return ['NEXT', this.#setup.name, 'COUNT', count, 'LEASE', this.lease, 'FULL'];
  }

  noteNext(queue: string, asked: number, got: number): void {
    this.slots.noteClaim(this.#claimer(queue).taker, asked, got);
  }

  begin(queue: string, jobs: unknown[], slots: number, since: number): void {
    const { taker } = this.#claimer(queue);
    const runs = this.runs.adopt(queue, jobs, since + this.lease);
    if (runs.length > 0) this.#idle.clear();
    for (const run of runs) this.#setup.claimed(run);
    if (!this.stopping.aborted) return this.slots.give(taker, slots, runs);
    for (const run of runs) this.answer(run, { kind: 'release' });
    return undefined;
  }

  foundNothing(claimer: Claimer): void {
    if (this.runs.size > 0) return;
    this.#idle.add(claimer);
    if (this.#idle.size < this.#claimers.length) return;
    this.#idle.clear();
    this.#setup.idle();
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
    const { recovery, taker } = this.#claimer(queue);
    recovery.doubt([queue]);
    // Not sooner, or a claim that waits would take the slots of the jobs that HELD finds. Those of other shards go on.
    if (this.#claimers.length > 1) this.slots.give(taker, slots);
    else void recovery.settled().then(() => this.slots.give(taker, slots));
  }

  failing(error: JqError): void {
    if (!this.givenUp.aborted) this.#setup.failing(error);
  }

  broken(error: JqError): void {
    this.#error ??= error;
    this.#stopping.abort();
  }

  async askHeld(queue: string): Promise<void> {
    const since = performance.now();
    await this.runs.whileAsking(queue, async () => {
      const words = ['JQ.CLAIM', queue, this.#setup.name, 'HELD', 'LEASE', this.lease, 'FULL'];
      this.begin(queue, (await this.linkTo(queue).send(words)) as unknown[], 0, since);
    });
  }

  async ask(run: Run, command: Word[], isSafeToRepeat: boolean): Promise<unknown> {
    const backoff = new Backoff();
    for (;;) {
      try {
        return await this.linkTo(run.queue).send(command);
      } catch (thrown) {
        const error = toJqError(thrown);
        const isOver = run.lost !== undefined || performance.now() > run.leaseEnd;
        if (!isSafeToRepeat || !passes(error) || isOver) throw error;
        await backoff.wait(run.signal);
      }
    }
  }

  /** Lets a claimer begin for each order that there is, and for those that come later. */
  async #joinAll(): Promise<void> {
    const { origin } = this.#setup;
    const backoff = new Backoff();
    while (!this.stopping.aborted) {
      try {
        this.#join(await origin.orders());
        if (!origin.mayGrow) return;
        backoff.reset();
        await sleep(GROWTH_PAUSE, undefined, { signal: this.stopping }).catch(() => {});
      } catch (thrown) {
        const error = toJqError(thrown);
        if (!passes(error)) return this.broken(error);
        this.failing(error);
        await backoff.wait(this.stopping);
      }
    }
  }

  #join(orders: Order[]): void {
    if (this.stopping.aborted) return;
    const claimers = orders.filter(({ queues }) => !this.#claimerOf.has(queues[0])).map((order) => new Claimer(order, this));
    for (const claimer of claimers) {
      this.#claimers.push(claimer);
      for (const queue of claimer.order.queues) {
        this.#claimerOf.set(queue, claimer);
        this.#answers.set(queue, new Answers(queue, this));
      }
    }
    // Not all workers begin with the same shard.
    const first = Math.floor(Math.random() * claimers.length);
    for (const claimer of [...claimers.slice(first), ...claimers.slice(0, first)]) claimer.start();
  }

  #claimer(queue: string): Claimer {
    return this.#claimerOf.get(queue) as Claimer;
  }

  async #eachClaimer(act: (claimer: Claimer) => unknown): Promise<void> {
    await Promise.all(this.#claimers.map(act));
  }

  /** Raises the signals of the handlers that run, and hands back those that have not ended in the same turn. */
  async #handBack(): Promise<void> {
    await this.#eachClaimer((claimer) => claimer.closeClaims());
    for (const run of this.runs) run.stop();
    await turn();
    for (const run of this.runs) this.answer(run, { kind: 'release' });
  }

  /** Hands back also what was claimed by a request whose reply was lost. */
  async #releaseAll(queue: string): Promise<void> {
    if (this.givenUp.aborted) return;
    const hasFailed = (error: JqError) => this.#error ?? this.failing(error);
    await this.linkTo(queue).send(['JQ.RELEASE', queue, 'WORKER', this.#setup.name]).catch(hasFailed);
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
