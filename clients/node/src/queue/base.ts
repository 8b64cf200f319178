// A queue as a key: how commands reach it.

import { sourceOf, type ConnectionLike } from '../connection/index.js';
import type { Source, Word } from '../connection/source.js';
import { toJqError } from '../errors.js';
import { textOrBytes, type PayloadFormat } from '../payload.js';
import { toFields, toText, type Fields } from '../reply.js';

/** Options of a {@link Queue}. */
export interface QueueOptions {
  /** How payloads, results and progress are written and read; default: `json`. */
  payload?: PayloadFormat;
}

/** One page of a listing. Give `cursor` with the next call; `0` is the end. */
export interface Page<T> {
  /** Where the next page begins. */
  cursor: string;
  /** What is on this page. It may be empty although more follow. */
  items: T[];
}

/** One queue: a connection, and the name of a key. */
export class QueueBase {
  /** The key. */
  readonly name: string;
  /** How payloads, results and progress are written and read. */
  readonly format: PayloadFormat;
  protected readonly source: Source;

  constructor(connection: ConnectionLike | Source, name: string, options: QueueOptions = {}) {
    this.name = name;
    this.format = options.payload ?? 'json';
    this.source = sourceOf(connection);
  }

  /**
   * Sends a command of the manual for which there is no method, with the queue as its key: `call('JQ.STATS', 'JSON')`.
   * Text of the reply is given as strings, maps as flat arrays.
   *
   * @throws {@link JqError}
   */
  async call(command: string, ...words: Word[]): Promise<unknown> {
    return toTexts(await this.send(command, ...words));
  }

  /** Ends the connection if it was made from a URL or options. A client that you gave stays open. */
  close(): void {
    this.source.close();
  }

  /** Sends a command with the queue as its key; the reply has Buffers. */
  protected async send(command: string, ...words: Word[]): Promise<unknown> {
    try {
      return await this.source.send([command, this.name, ...words]);
    } catch (error) {
      throw toJqError(error);
    }
  }

  protected async fields(command: string, ...words: Word[]): Promise<Fields | null> {
    return toFields(await this.send(command, ...words), this.format);
  }

  protected async number(command: string, ...words: Word[]): Promise<number> {
    return Number(await this.send(command, ...words));
  }

  protected async numbers(command: string, ...words: Word[]): Promise<number[]> {
    return ((await this.send(command, ...words)) as unknown[]).map(Number);
  }

  /** Reads a page whose items are maps. */
  protected async page(command: string, ...words: Word[]): Promise<Page<Fields>> {
    const [cursor, items] = (await this.send(command, ...words)) as [unknown, unknown[]];
    return { cursor: toText(cursor), items: items.map((item) => toFields(item, this.format) as Fields) };
  }
}

function toTexts(reply: unknown): unknown {
  if (reply instanceof Buffer) return textOrBytes(reply);
  return Array.isArray(reply) ? reply.map(toTexts) : reply;
}
