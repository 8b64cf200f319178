// What happens in a queue, event by event, for readers that go on where they stopped.

import { Backoff, Link } from './connection/link.js';
import type { Source, Word } from './connection/source.js';
import { passes, toJqError } from './errors.js';
import { textOrBytes, type PayloadFormat } from './payload.js';
import { toFields, toText, type Fields } from './reply.js';
import { optionWords } from './words.js';

/** Options of {@link Queue.events}. */
export interface EventOptions {
  /** The position to go on from: that of an earlier reader, `$` for now; default: the oldest event that is kept. */
  after?: string;
  /** Only events of this job. */
  id?: string;
  /** Only events of these names. */
  only?: string[];
  /** How many events one request reads at most; default: 100. */
  count?: number;
}

/** One event of the manual. */
export interface QueueEvent {
  /** Its position: a reader that begins after it gets the next one. */
  id: string;
  /** When it happened, Unix milliseconds. */
  at: number;
  /** The key of the queue. */
  queue: string;
  /** What happened: `added`, `claimed`, `completed`, … */
  event: string;
  /** The job, if the event is about one. */
  job: string | Buffer | null;
  /** What the manual says of this event: `from` and `to` are states, others depend on the event. */
  fields: Fields;
}

const BLOCK = 5_000;
/** How much later than that a reply may come. */
const LATENESS = 5_000;

/**
 * The events of a queue: `for await (const event of queue.events({ after }))`. It waits for more until it is closed, and
 * goes on by itself after a lost connection.
 */
export class EventReader implements AsyncIterable<QueueEvent> {
  /** Behind the last event that was given. Keep it, and give it as `after` to go on from here. */
  position: string | undefined;
  /** How many events were not kept long enough for this reader. */
  missed = 0;

  readonly #queue: string;
  readonly #format: PayloadFormat;
  readonly #wanted: Word[];
  readonly #link: Link;
  readonly #closed = new AbortController();

  /** @internal */
  constructor(source: Source, queue: string, format: PayloadFormat, { after, only, ...others }: EventOptions) {
    this.position = after;
    this.#queue = queue;
    this.#format = format;
    this.#wanted = optionWords({ ...others, only: only?.join(',') });
    this.#link = new Link(source, queue);
  }

  /** Ends the reader: the loop over it ends, also while it waits. */
  close(): void {
    this.#closed.abort();
    this.#link.close();
  }

  /** The events, one after the other. Leaving the loop closes the reader. */
  async *[Symbol.asyncIterator](): AsyncGenerator<QueueEvent, void, void> {
    try {
      while (!this.#closed.signal.aborted) {
        const page = await this.#nextPage();
        if (!page) continue;
        for (const event of page.events) {
          this.position = event.id;
          yield event;
          if (this.#closed.signal.aborted) return;
        }
        this.position = page.next;
      }
    } finally {
      this.close();
    }
  }

  /** Reads what there is, or waits for it. Nothing if the wait ended without a reply, or the queue was deleted. */
  async #nextPage(): Promise<{ next: string; events: QueueEvent[] } | undefined> {
    const backoff = new Backoff();
    while (!this.#closed.signal.aborted) {
      try {
        // "Now" is asked for without waiting, so that it is the same instant after a lost reply.
        const wait = this.position === '$' ? [] : ['BLOCK', BLOCK];
        const after = this.position === undefined ? [] : ['AFTER', this.position];
        const reply = await this.#link.send(['JQ.EVENTS', this.#queue, ...after, ...wait, ...this.#wanted], BLOCK + LATENESS);
        return this.#read(reply);
      } catch (thrown) {
        const error = toJqError(thrown);
        if (this.#closed.signal.aborted) return undefined;
        if (!passes(error)) throw error;
        await backoff.wait(this.#closed.signal);
      }
    }
    return undefined;
  }

  #read(reply: unknown): { next: string; events: QueueEvent[] } | undefined {
    if (!Array.isArray(reply)) return undefined;
    const [next, missed, events] = reply as [unknown, unknown, unknown[][]];
    this.missed += Number(missed);
    return { next: toText(next), events: events.map((event) => this.#toEvent(event)) };
  }

  #toEvent([id, at, event, job, ...fields]: unknown[]): QueueEvent {
    return {
      id: toText(id),
      queue: this.#queue,
      at: Number(at),
      event: toText(event),
      job: job === null ? null : textOrBytes(job as Buffer),
      fields: toFields(fields, this.#format) as Fields,
    };
  }
}
