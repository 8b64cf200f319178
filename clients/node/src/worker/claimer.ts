// Claims from the queues of one order, and keeps what reaches them: a connection for claims that wait, and one for
// everything else. In a cluster all of them are in one slot, so a worker of several shards has a claimer for each.

import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff, Link } from '../connection/link.js';
import type { Connection, Source, Word } from '../connection/source.js';
import { passes, refusesWrites, toJqError } from '../errors.js';
import { toText } from '../reply.js';
import type { Order } from './order.js';
import { Recovery, type RecoveryOwner } from './recovery.js';
import type { Slots, Taker } from './slots.js';

/** What claimers need of their worker. */
export interface ClaimerOwner extends RecoveryOwner {
  readonly source: Source;
  readonly slots: Slots;
  /** The words behind the queues of each claim: the worker, the lease, and what else was asked for. */
  claimWords(count: number): Word[];
  /** Begins the jobs of a reply, in the slots of its claim. `since`: before the request (ms). */
  begin(queue: string, jobs: unknown[], slots: number, since: number): void;
  /** A claim of `claimer` has found nothing. */
  foundNothing(claimer: Claimer): void;
}

/** How much later than its BLOCK a claim may be answered. */
const LATENESS = 5_000;
/** How long to wait until a claim is ended once more, ms. */
const UNBLOCK_PAUSE = 20;

export class Claimer {
  readonly order: Order;
  /** For everything that does not wait. */
  readonly link: Link;
  readonly recovery: Recovery;
  readonly taker: Taker;
  readonly #owner: ClaimerOwner;
  readonly #claims: Link;
  /** The last connection that claims, and its id at its server. */
  #claiming?: { connection: Connection; id: number };
  #loop: Promise<void> = Promise.resolve();

  constructor(order: Order, owner: ClaimerOwner) {
    this.order = order;
    this.#owner = owner;
    this.taker = owner.slots.join();
    this.recovery = new Recovery(owner);
    this.link = new Link(owner.source, order.queues[0]);
    this.#claims = new Link(owner.source, order.queues[0], async (connection) => {
      // A user without this right waits until the claim ends by itself.
      const id = await connection.send(['CLIENT', 'ID']).then(Number, () => undefined);
      this.#claiming = id === undefined ? undefined : { connection, id };
    });
  }

  /** Begins to claim. */
  start(): void {
    this.recovery.ask(this.order.queues); // a process that had the worker's name may have left jobs
    this.#loop = this.#claimAll();
  }

  /** Ends a claim that waits, also one that the server has not begun yet. */
  async endClaim(): Promise<void> {
    let isOver = false;
    const over = this.#loop.then(() => (isOver = true));
    while (!isOver) {
      await Promise.race([over, this.#unblock().catch(() => {})]);
      await Promise.race([over, sleep(UNBLOCK_PAUSE)]);
    }
  }

  /** Ends the connection that claims. */
  closeClaims(): void {
    this.#claims.close();
  }

  close(): void {
    this.#claims.close();
    this.link.close();
  }

  async #claimAll(): Promise<void> {
    const backoff = new Backoff();
    const { stopping, slots } = this.#owner;
    while (!stopping.aborted) {
      await this.recovery.settled();
      try {
        await this.#claims.opened(); // a node that does not answer gets no slots of the other shards
        const { count, wait } = await slots.take(this.taker);
        if (count === 0 || stopping.aborted) return;
        await this.#claim(count, wait);
        backoff.reset();
      } catch (thrown) {
        const error = toJqError(thrown);
        if (!passes(error)) return this.#owner.broken(error);
        this.#owner.failing(error);
        this.recovery.doubt(this.order.queues);
        await backoff.wait(stopping);
      }
    }
  }

  async #claim(count: number, wait: number): Promise<void> {
    const queues = this.order.next();
    const command = queues.length === 1 ? ['JQ.CLAIM', queues[0]] : ['JQ.CLAIMANY', queues.length, ...queues];
    const block = wait > 0 ? ['BLOCK', wait] : [];
    const { slots } = this.#owner;
    const lent = slots.lend(this.taker, count, wait);
    const since = performance.now();
    const words = [...command, ...this.#owner.claimWords(count), ...block];
    const reply = (await this.#claims.send(words, wait + LATENESS).catch((error) => {
      slots.noteClaim(this.taker, count, 0);
      slots.give(this.taker, lent());
      throw error;
    })) as unknown[] | null;
    const [queue, jobs] = reply && queues.length > 1 ? [toText(reply[0]), reply[1] as unknown[]] : [queues[0], reply ?? []];
    slots.noteClaim(this.taker, count, jobs.length);
    if (jobs.length > 0) this.order.served(queues, queue, jobs.length);
    else this.#owner.foundNothing(this);
    this.#owner.begin(queue, jobs, lent(), since);
  }

  /**
   * Ends the claim that waits, if the connection of now would tell its server. Another server, after a failover or the move
   * of a slot, may know another client by the id.
   */
  async #unblock(): Promise<void> {
    // Redis 7.0 and 8.0, and Valkey 8.0 and 8.1, crash when CLIENT UNBLOCK meets a claim that CLIENT PAUSE or FAILOVER holds
    // back. They hold back this write as well, which changes nothing: when it is answered, the claim can be ended.
    await this.link.send(['JQ.EXTEND', this.order.queues[0], 1, 0, '-']).catch((thrown) => {
      if (!refusesWrites(toJqError(thrown))) throw thrown; // a claim that is refused, too, is not held back
    });
    const { server } = await this.link.opened();
    if (!this.#claiming || this.#claims.connection !== this.#claiming.connection) return;
    if (server === this.#claiming.connection.server) await this.link.send(['CLIENT', 'UNBLOCK', this.#claiming.id]);
  }
}
