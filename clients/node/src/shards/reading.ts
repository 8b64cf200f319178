// What is in a queue of several shards.

import type { Page } from '../queue/base.js';
import type { ListOptions, LogLines, Minute, PageOptions, Selectors, State } from '../queue/reading.js';
import type { Fields } from '../reply.js';
import { ShardedBase } from './base.js';
import { sumOf } from './sums.js';

/** The commands that change nothing. Listings give the pages of one shard after the other, in the order of each. */
export class ShardedReading extends ShardedBase {
  /** JQ.GET: all that is known of a job; null if its id is unknown. */
  async get(id: string): Promise<Fields | null> {
    return this.find(id, (queue) => queue.get(id), isThere);
  }

  /** JQ.EXPLAIN: why a job does not run; null if the id is unknown. */
  async explain(id: string): Promise<Fields | null> {
    return this.find(id, (queue) => queue.explain(id), isThere);
  }

  /** JQ.LOGS: lines of a job's log, the oldest first; null if there is no such job. */
  async logs(id: string, options: { skip?: number; count?: number; rev?: boolean } = {}): Promise<LogLines | null> {
    return this.find(id, (queue) => queue.logs(id, options), isThere);
  }

  /** JQ.LIST … FULL PAYLOAD: one page of the jobs of a state. */
  async list(state: State, options: Omit<ListOptions, 'skip'> = {}): Promise<Page<Fields>> {
    return this.askNext(options.cursor, (queue, cursor) => queue.list(state, { ...options, cursor }));
  }

  /** JQ.LIST: one page of ids. */
  async ids(state: State, options: Omit<ListOptions, 'skip'> = {}): Promise<Page<string>> {
    return this.askNext(options.cursor, (queue, cursor) => queue.ids(state, { ...options, cursor }));
  }

  /** JQ.COUNT: how many jobs of a state there are. */
  async count(state: State, selectors: Omit<Selectors, 'batch'> = {}): Promise<number> {
    const counts = await this.askAll((queue) => queue.count(state, selectors));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** JQ.STATS: the numbers of all shards, summed; of times and pauses the largest, of `nextDueMs` the next. */
  async stats(): Promise<Fields> {
    return sumOf(await this.askAll((queue) => queue.stats()));
  }

  /** JQ.WORKERS: one page of the workers of each shard by name. A worker is listed for each shard that it works for. */
  async workers(options: PageOptions = {}): Promise<Page<Fields>> {
    return this.askNext(options.cursor, (queue, cursor) => queue.workers({ ...options, cursor }));
  }

  /** JQ.GROUPS: one page of the groups of each shard by name. */
  async groups(options: PageOptions = {}): Promise<Page<Fields>> {
    return this.askNext(options.cursor, (queue, cursor) => queue.groups({ ...options, cursor }));
  }

  /** JQ.NAMES: one page of the kinds of jobs of each shard, with their numbers. */
  async names(options: PageOptions = {}): Promise<Page<Fields>> {
    return this.askNext(options.cursor, (queue, cursor) => queue.names({ ...options, cursor }));
  }

  /** JQ.SERIES: the last minutes (1 to 20160), newest first, summed. */
  async series(minutes = 60): Promise<Minute[]> {
    const sums = new Map<number, Minute>();
    for (const row of (await this.askAll((queue) => queue.series(minutes))).flat()) {
      const sum = sums.get(row.minute) ?? { minute: row.minute, added: 0, completed: 0, failed: 0 };
      sum.added += row.added;
      sum.completed += row.completed;
      sum.failed += row.failed;
      sums.set(row.minute, sum);
    }
    return [...sums.values()].sort((one, other) => other.minute - one.minute);
  }

  /** JQ.CHECK: what a recount of everything finds wrong, with the key; empty when all shards are sound. */
  async check(): Promise<string[]> {
    const found = await this.askAll(async (queue) => (await queue.check()).map((fault) => `${queue.name}: ${fault}`));
    return found.flat();
  }
}

function isThere(answer: unknown): boolean {
  return answer !== null;
}
