// The events of all shards, as they come.

import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from '../connection/link.js';
import { passes, toJqError } from '../errors.js';
import type { EventOptions, EventReader, QueueEvent } from '../events.js';
import type { Queue } from '../queue/index.js';

/** One shard's reader, and the event that it has read and that nobody has taken yet. */
interface Shard {
  reader: EventReader;
  ready?: QueueEvent;
  /** Lets the reader go on. */
  next?: () => void;
}

/** How often it is asked whether there are more shards, ms. */
const GROWTH_PAUSE = 2_000;
const NOW = '$';

/**
 * The events of a queue of several shards: `for await (const event of queue.events({ after }))`. It waits for more until it
 * is closed, goes on by itself after a lost connection, and reads shards that are added.
 */
export class ShardedEventReader implements AsyncIterable<QueueEvent> {
  readonly #list: () => Promise<Queue[]>;
  readonly #options: EventOptions;
  /** Where to begin with each shard. */
  readonly #after: (string | undefined)[];
  readonly #shards: Shard[] = [];
  readonly #closed = new AbortController();
  #error?: unknown;
  #wake = () => {};

  /** @internal */
  constructor(list: () => Promise<Queue[]>, options: EventOptions) {
    this.#list = list;
    this.#options = options;
    this.#after = options.after === undefined || options.after === NOW ? [] : toPositions(options.after);
  }

  /** Behind the last events that were given: of each shard its own. Keep it, and give it as `after` to go on from here. */
  get position(): string {
    const shards = Array.from({ length: Math.max(this.#shards.length, this.#after.length) }, (_, shard) => this.#position(shard));
    return shards.map((position, shard) => `${shard}:${position ?? ''}`).join();
  }

  /** How many events were not kept long enough for this reader. */
  get missed(): number {
    return this.#shards.reduce((sum, { reader }) => sum + reader.missed, 0);
  }

  /** Ends the reader: the loop over it ends, also while it waits. */
  close(): void {
    this.#closed.abort();
    for (const { reader, next } of this.#shards) {
      reader.close();
      next?.();
    }
    this.#wake();
  }

  /** The events. Leaving the loop closes the reader. */
  async *[Symbol.asyncIterator](): AsyncGenerator<QueueEvent, void, void> {
    void this.#joinAll().catch((error) => this.#fail(error));
    try {
      while (!this.#closed.signal.aborted) {
        const woken = new Promise<void>((resolve) => (this.#wake = resolve));
        for (const shard of this.#shards) {
          const { ready, next } = shard;
          if (!ready || this.#closed.signal.aborted) continue;
          shard.ready = undefined;
          yield ready;
          next?.();
        }
        if (this.#error) throw this.#error;
        if (!this.#shards.some(({ ready }) => ready)) await woken;
      }
    } finally {
      this.close();
    }
  }

  /** Begins to read each shard that there is, and those that come later. */
  async #joinAll(): Promise<void> {
    const backoff = new Backoff();
    const { signal } = this.#closed;
    while (!signal.aborted) {
      try {
        this.#join(await this.#list());
        backoff.reset();
        await sleep(GROWTH_PAUSE, undefined, { signal }).catch(() => {});
      } catch (thrown) {
        const error = toJqError(thrown);
        if (!passes(error)) throw error;
        await backoff.wait(signal);
      }
    }
  }

  /** Begins with the shards that are not read yet: those that come later from their beginning. */
  #join(queues: Queue[]): void {
    if (this.#closed.signal.aborted) return;
    const isFirst = this.#shards.length === 0;
    for (const [index, queue] of queues.entries()) {
      if (this.#shards[index]) continue;
      const after = isFirst && this.#options.after === NOW ? NOW : this.#after[index];
      const shard: Shard = { reader: queue.events({ ...this.#options, after }) };
      this.#shards.push(shard);
      void this.#read(shard).catch((error) => this.#fail(error));
    }
  }

  async #read(shard: Shard): Promise<void> {
    for await (const event of shard.reader) {
      const taken = new Promise<void>((resolve) => (shard.next = resolve));
      shard.ready = event;
      this.#wake();
      await taken;
    }
  }

  #fail(error: unknown): void {
    this.#error = error;
    this.#wake();
  }

  /** An event that nobody has taken is still to come: the position is just before it. */
  #position(index: number): string | undefined {
    const shard = this.#shards[index];
    if (!shard) return this.#after[index];
    if (!shard.ready) return shard.reader.position;
    const [ms, number] = shard.ready.id.split('-');
    return `${ms}-${BigInt(number) - 1n}`;
  }
}

/** `0:170-1,1:170-5` by shard; nothing for a shard that has not been read. */
function toPositions(text: string): (string | undefined)[] {
  return text.split(',').map((part) => part.slice(part.indexOf(':') + 1) || undefined);
}
