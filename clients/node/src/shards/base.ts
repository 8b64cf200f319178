// A queue that is spread over several keys: how its commands reach the shards that they concern.

import { sourceOf, type ConnectionLike } from '../connection/index.js';
import type { Source } from '../connection/source.js';
import type { PayloadFormat } from '../payload.js';
import type { QueueOptions } from '../queue/base.js';
import type { Queue } from '../queue/index.js';
import { Layout, isMoved, type Count } from './layout.js';

/** Options of a {@link ShardedQueue}. */
export interface ShardedQueueOptions extends QueueOptions {
  /**
   * How many shards the queue begins with. If the server knows another number, that one holds. Without it the queue has to
   * be there.
   */
  shards?: number;
}

export class ShardedBase {
  /** The name; the keys are `name:0`, `name:1`, … */
  readonly name: string;
  /** How payloads, results and progress are written and read. */
  readonly format: PayloadFormat;
  /** @internal */
  readonly source: Source;
  protected readonly layout: Layout;

  constructor(connection: ConnectionLike, name: string, options: ShardedQueueOptions = {}) {
    this.name = name;
    this.format = options.payload ?? 'json';
    this.source = sourceOf(connection);
    this.layout = new Layout(this.source, name, options.shards, this.format);
  }

  /** The queues of all shards, for what concerns one of them: its numbers, a bulk worker, keys that expire. */
  async shards(): Promise<Queue[]> {
    return this.layout.queues(await this.layout.reread());
  }

  /** The keys of all shards. */
  async keys(): Promise<string[]> {
    return (await this.shards()).map(({ name }) => name);
  }

  /**
   * Grows to `more` shards while producers and workers go on, which need no restart. Each id is still added once. Until
   * {@link finishGrowth} an id whose place has changed is looked for at both. Repeat it if it fails: a growth that has
   * stopped half way is finished, by the next client as well.
   */
  async grow(more: number): Promise<void> {
    await this.layout.grow(more);
  }

  /**
   * Nobody looks at the old places any more. Call it when no old shard knows an id any more whose place has changed: after
   * the longest of the dedup windows, the delays and the time that records are kept.
   */
  async finishGrowth(): Promise<void> {
    await this.layout.finish();
  }

  /** Ends the connection if it was made from a URL or options. A client that you gave stays open. */
  close(): void {
    this.source.close();
  }

  /** Asks where an id is. */
  protected async find<T>(id: string, ask: (queue: Queue) => Promise<T>, isKnown: (answer: T) => boolean): Promise<T> {
    const [answer] = await this.findAll([id], async (queue) => [await ask(queue)], isKnown);
    return answer;
  }

  /**
   * Asks each shard for its ids, all at once: an id whose place has changed at the old place too if the new one does not
   * know it, and all that are unknown once more if the queue has grown without our knowing. Answers in the order of `ids`.
   */
  protected async findAll<T>(
    ids: string[],
    ask: (queue: Queue, ids: string[]) => Promise<T[]>,
    isKnown: (answer: T) => boolean,
  ): Promise<T[]> {
    const answers: T[] = [];
    const askThem = async (indexes: number[], placeOf: (id: string) => number) => {
      const asked = [...grouped(indexes, (index) => placeOf(ids[index]))].map(async ([shard, some]) => {
        const got = await ask(this.layout.queue(shard), some.map((index) => ids[index]));
        some.forEach((index, at) => (answers[index] = got[at]));
      });
      await Promise.all(asked);
      return indexes.filter((index) => !isKnown(answers[index]));
    };
    let unknown = ids.map((_, index) => index);
    for (let count = await this.layout.count(); ; ) {
      const used: Count = count;
      unknown = await askThem(unknown, (id) => this.layout.places(id, used).now);
      const moved = unknown.filter((index) => isMoved(this.layout.places(ids[index], used)));
      await askThem(moved, (id) => this.layout.places(id, used).before);
      unknown = unknown.filter((index) => !isKnown(answers[index]));
      if (unknown.length === 0) return answers;
      count = await this.layout.reread();
      if (count.now === used.now && count.before === used.before) return answers;
    }
  }

  /** Asks all shards at once. */
  protected async askAll<T>(ask: (queue: Queue) => Promise<T>): Promise<T[]> {
    return Promise.all((await this.shards()).map(ask));
  }

  /** One page of one shard; the pages of the next shard follow. A cursor is the shard and its cursor. */
  protected async askNext<T extends { cursor: string }>(
    cursor = '0',
    ask: (queue: Queue, cursor: string) => Promise<T>,
  ): Promise<T> {
    const [shard, own] = cursor === '0' ? [0, '0'] : [parseInt(cursor, 10), cursor.slice(cursor.indexOf(':') + 1)];
    const shards = await this.shards();
    if (!shards[shard]) throw new RangeError(`${cursor} is no cursor of ${this.name}`);
    const page = await ask(shards[shard], own);
    if (page.cursor !== '0') return { ...page, cursor: `${shard}:${page.cursor}` };
    return { ...page, cursor: shard + 1 < shards.length ? `${shard + 1}:0` : '0' };
  }
}

/** Items by their shards. */
export function grouped<T>(items: T[], shardOf: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const shard = shardOf(item);
    const group = groups.get(shard);
    if (group) group.push(item);
    else groups.set(shard, [item]);
  }
  return groups;
}

