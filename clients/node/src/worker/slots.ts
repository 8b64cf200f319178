// How many jobs may run. Claims take slots before they ask, and answers give them back; where a worker claims from several
// shards they take turns, so that none keeps all slots for itself.

import type { Run } from './run.js';

/** How a worker uses its slots. */
export interface Shape {
  /** How many jobs may run at a time. */
  slots: number;
  /** How many jobs a handler gets at a time at most. */
  group: number;
  /** How long a claim waits at the server for jobs, ms. */
  block: number;
}

/** Who takes slots: a claimer. All claims, jobs and answers of one shard count as its. */
export interface Taker {
  /** Slots of its claims and its runs. */
  held: number;
  /** Whether its last claim got all that it asked for, so that there are probably more. */
  hasMore: boolean;
  /** Runs that were found without a claim of theirs (HELD) and have no slot yet. */
  backlog: Run[];
  /** Until when its answers may ask for the next jobs although others wait, by the monotonic clock (ms). */
  turnEnd: number;
  /** When it is asked again while others have jobs, ms. */
  nextLook: number;
  /** Until when a slot is kept for its first claim, ms: as it begins it asks for HELD first. */
  awaitedUntil: number;
  /** Goes on with its next claim, while it waits for slots. */
  go?: (grant: Grant) => void;
}

/** What a claim may ask for. */
export interface Grant {
  /** How many jobs; 0: the worker stops. */
  count: number;
  /** How long to wait for them, ms; 0: not at all. */
  wait: number;
}

/** How long a shard may go on by its answers while others wait, ms. */
const TURN = 100;
/** How often shards without jobs are asked while others have some, ms. */
const LOOK = 250;
/** How long it takes to ask all shards once where they share slots, ms. */
const ROUND = 500;
/** With so many slots a shard, each shard without jobs keeps one for a claim that waits. */
const SPACIOUS = 2;
/** The shortest wait at the server, ms. */
const SHORTEST_WAIT = 10;

/**
 * How much later than it may be a reply is waited for before its slots go to other shards, ms; and how long a slot is kept
 * for a shard that has just begun. Its server may be away.
 */
const PATIENCE = 1_000;

const NOTHING: Grant = { count: 0, wait: 0 };

export class Slots {
  readonly #shape: Shape;
  readonly #begin: (group: Run[]) => void;
  readonly #takers = new Set<Taker>();
  /** Those that wait for slots, longest first. */
  #waiting = new Set<Taker>();
  #free: number;
  #timer?: NodeJS.Timeout;
  #isClosed = false;

  /** `begin` starts a handler for a group of runs. */
  constructor(shape: Shape, begin: (group: Run[]) => void) {
    this.#shape = shape;
    this.#free = shape.slots;
    this.#begin = begin;
  }

  /** Another taker joins. */
  join(): Taker {
    const awaitedUntil = performance.now() + PATIENCE;
    const taker: Taker = { held: 0, hasMore: false, backlog: [], turnEnd: 0, nextLook: 0, awaitedUntil };
    this.#takers.add(taker);
    return taker;
  }

  /** Waits for slots and takes them, as many as a claim should ask for; none when the worker stops. */
  take(taker: Taker): Promise<Grant> {
    return new Promise((resolve) => {
      if (this.#isClosed) return resolve(NOTHING);
      taker.go = resolve;
      if (taker.awaitedUntil > 0) this.#lineUpFirst(taker);
      else this.#waiting.add(taker);
      taker.awaitedUntil = 0;
      return this.#share();
    });
  }

  /** How many of `freed` slots an answer of `taker` may ask jobs for at once. */
  next(taker: Taker, freed: number): number {
    const others = [...this.#waiting].filter((other) => other !== taker && this.#isDue(other));
    if (others.length === 0) return freed;
    if (performance.now() > taker.turnEnd) return 0;
    const rivals = new Set([taker, ...others, ...[...this.#takers].filter(({ hasMore }) => hasMore)]);
    const keptByOthers = [...this.#takers].filter((one) => !rivals.has(one)).reduce((sum, { held }) => sum + held, 0);
    const share = Math.ceil((this.#shape.slots - keptByOthers) / rivals.size);
    return Math.max(0, Math.min(freed, share - (taker.held - freed)));
  }

  /** Notes what came of asking for `asked` jobs. */
  noteClaim(taker: Taker, asked: number, got: number): void {
    taker.hasMore = got >= asked;
  }

  /**
   * Slots of a request that may take `wait` ms. If its reply is late they go to the other shards. Returns what ends that, and
   * tells how many are still the request's.
   */
  lend(taker: Taker, count: number, wait: number): () => number {
    let left = count;
    const end = () => {
      const kept = left;
      left = 0;
      return kept;
    };
    if (count === 0 || this.#takers.size === 1) return end;
    const timer = setTimeout(() => this.give(taker, end()), wait + PATIENCE);
    return () => {
      clearTimeout(timer);
      return end();
    };
  }

  /** Begins `runs` in `given` slots of `taker`; what is left of either waits for the other. */
  give(taker: Taker, given: number, runs: Run[] = []): void {
    taker.held -= given;
    this.#free += given;
    taker.backlog.push(...runs);
    this.#share();
  }

  /** No claim gets slots any more. Returns the runs that have not begun. */
  close(): Run[] {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const taker of this.#waiting) taker.go?.(NOTHING);
    this.#waiting.clear();
    return [...this.#takers].flatMap(({ backlog }) => backlog.splice(0));
  }

  #share(): void {
    for (const taker of this.#takers) this.#beginBacklog(taker);
    for (const taker of this.#waiting) {
      if (this.#free < this.#shape.group) break;
      if (this.#isDue(taker) && this.#room(taker) >= this.#shape.group) this.#grant(taker);
    }
    this.#lookLater();
  }

  #beginBacklog(taker: Taker): void {
    while (taker.backlog.length > 0 && this.#free > 0) {
      const group = taker.backlog.splice(0, Math.min(this.#shape.group, this.#free));
      this.#free -= group.length;
      taker.held += group.length;
      this.#begin(group);
    }
  }

  #grant(taker: Taker): void {
    const now = performance.now();
    const count = this.#count(taker);
    const wait = this.#wait(taker);
    this.#waiting.delete(taker);
    this.#free -= count;
    taker.held += count;
    taker.turnEnd = now + TURN;
    taker.nextLook = now + LOOK;
    taker.go?.({ count, wait });
  }

  /** One slot for a claim that may find nothing, all that are free for one that will, but one for each that waits. */
  #count(taker: Taker): number {
    if (this.#shape.group > 1) return this.#shape.group;
    if (this.#takers.size === 1) return this.#free;
    if (!taker.hasMore) return 1;
    const others = [...this.#waiting].filter((other) => other !== taker && this.#isDue(other)).length;
    return Math.max(1, this.#room(taker) - others);
  }

  /** A shard that has just begun comes before those that hold slots: one was kept for it. */
  #lineUpFirst(taker: Taker): void {
    const others = [...this.#waiting];
    const isEmpty = ({ held }: Taker): boolean => held === 0;
    this.#waiting = new Set([...others.filter(isEmpty), taker, ...others.filter((other) => !isEmpty(other))]);
  }

  /** The free slots, without those that are kept for shards that have just begun. The first slot of a shard is its own. */
  #room(taker: Taker): number {
    return this.#free - (taker.hasMore && taker.held > 0 ? this.#awaited().length * this.#shape.group : 0);
  }

  #awaited(): Taker[] {
    const now = performance.now();
    return [...this.#takers].filter(({ awaitedUntil }) => awaitedUntil > now);
  }

  #wait(taker: Taker): number {
    const { block, slots } = this.#shape;
    const shards = this.#takers.size;
    if (shards === 1) return block;
    if (taker.hasMore) return 0;
    if (slots >= SPACIOUS * shards) return block;
    if (this.#othersHaveMore(taker)) return 0;
    return Math.min(block, Math.max(SHORTEST_WAIT, Math.ceil((ROUND * Math.min(slots, shards)) / shards)));
  }

  /** Shards without jobs do not ask all the time while others have some. */
  #isDue(taker: Taker): boolean {
    return taker.hasMore || taker.nextLook <= performance.now() || !this.#othersHaveMore(taker);
  }

  #othersHaveMore(taker: Taker): boolean {
    for (const other of this.#takers) if (other !== taker && other.hasMore) return true;
    return false;
  }

  /** Comes back when the first of those that are not due now is, or a slot is not kept any longer. */
  #lookLater(): void {
    clearTimeout(this.#timer);
    const notDue = [...this.#waiting].filter((taker) => !this.#isDue(taker)).map(({ nextLook }) => nextLook);
    const kept = this.#waiting.size > 0 ? this.#awaited().map(({ awaitedUntil }) => awaitedUntil) : [];
    const instants = [...notDue, ...kept];
    if (instants.length === 0 || this.#isClosed) return;
    const first = Math.min(...instants);
    this.#timer = setTimeout(() => this.#share(), Math.max(1, Math.ceil(first - performance.now())));
  }
}
