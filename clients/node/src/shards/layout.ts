// How many shards a queue has. The keys know it (the settings `shards` and `shards-before`), and refuse new ids of those who
// count on another number, so everybody learns of a growth before it could add an id twice.

import type { Source } from '../connection/source.js';
import { RefusedError } from '../errors.js';
import { Queue } from '../queue/index.js';
import type { PayloadFormat } from '../payload.js';
import { shardOf } from './placement.js';

/** How many shards there are, and while the queue grows, how many there were before; else 0. */
export interface Count {
  readonly now: number;
  readonly before: number;
}

/** Where an id is, and where it was before, which is the same for most ids. */
export interface Places {
  readonly now: number;
  readonly before: number;
}

/** After so many ms of use the number is read again, beside what is asked. */
const REREAD = 5_000;
const MOST = 65_536;
const NONE: Count = { now: 0, before: 0 };

export class Layout {
  readonly #source: Source;
  readonly #name: string;
  readonly #wanted: number | undefined;
  readonly #format: PayloadFormat;
  readonly #queues: Queue[] = [];
  #count?: Count;
  #readAt = 0;
  #reading?: Promise<Count>;

  /** `wanted`: the number for keys that have none. */
  constructor(source: Source, name: string, wanted: number | undefined, format: PayloadFormat) {
    if (wanted !== undefined) checkNumber(wanted);
    this.#source = source;
    this.#name = name;
    this.#wanted = wanted;
    this.#format = format;
  }

  /** The queue of one shard. */
  queue(shard: number): Queue {
    return (this.#queues[shard] ??= new Queue(this.#source, `${this.#name}:${shard}`, { payload: this.#format }));
  }

  /** The queues of all shards. */
  queues({ now }: Count): Queue[] {
    return Array.from({ length: now }, (_, shard) => this.queue(shard));
  }

  /** The number, as far as it is known. */
  async count(): Promise<Count> {
    if (!this.#count) return this.reread();
    // What shard 0 cannot tell now, another one does, by refusing.
    if (performance.now() - this.#readAt > REREAD) this.reread().catch(() => {});
    return this.#count;
  }

  /** The number as `shard` knows it now. */
  async reread(shard = 0): Promise<Count> {
    await this.#reading?.catch(() => {}); // it began before, so it may not know what we have to know
    this.#reading ??= this.#read(shard).finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** Reads the number anew because `shard` has refused an id of somebody who counted on `used` shards. */
  async learn(shard: number, used: Count): Promise<void> {
    if (this.#count?.now === used.now) await this.reread(shard);
  }

  /** Where an id is. */
  places(id: string, count: Count): Places {
    const now = shardOf(id, count.now);
    return { now, before: count.before > 0 ? shardOf(id, count.before) : now };
  }

  /** Grows to `more` shards. A growth to this number that has died half way is finished. */
  async grow(more: number): Promise<void> {
    checkNumber(more);
    const { now, before } = await this.reread();
    if (more === now) return;
    if (more < now) {
      throw new RefusedError('ERR', `${this.#name} has ${now} shards, and cannot shrink to ${more}: drain it into another queue`);
    }
    if (before > 0) {
      throw new RefusedError('ERR', `${this.#name} is still growing from ${before} to ${now} shards: finish that growth first`);
    }
    const count = { now: more, before: now };
    // The keys that are there come last: from then on they refuse what they do not know.
    const all = Array.from({ length: more }, (_, shard) => shard);
    await this.#begin(count, all.slice(now), 0);
    await this.#set(count, [0]);
    await this.#set(count, all.slice(1, now));
    this.#count = count;
  }

  /** Nobody looks at the old places any more. */
  async finish(): Promise<void> {
    const { now, before } = await this.reread();
    if (before === 0) return;
    await this.#refuseSchedules({ now, before });
    // The first key comes last: as long as it says otherwise, this can be repeated.
    const [first, ...others] = this.queues({ now, before });
    await Promise.all(others.map((queue) => queue.config({ shardsBefore: 0 })));
    await first.config({ shardsBefore: 0 });
    this.#count = { now, before: 0 };
  }

  /** Reads the number from `shard`, and lets all keys agree if it is not the one that is known. */
  async #read(shard: number): Promise<Count> {
    const read = await this.#settings(shard);
    let count = largest([read, this.#count ?? NONE]);
    if (count.now === 0) count = await this.#first();
    if (count.now !== this.#count?.now || read.now < count.now) count = await this.#agree(count);
    if (!this.#count && this.#wanted !== undefined && this.#wanted !== count.now) {
      process.emitWarning(`the queue ${this.#name} has ${count.now} shards, not ${this.#wanted}`);
    }
    this.#readAt = performance.now();
    return (this.#count = count);
  }

  /** The number to begin with, where shard 0 has none: what another one says, or what the user wants. */
  async #first(): Promise<Count> {
    const wanted = { now: this.#wanted ?? 0, before: 0 };
    if (wanted.now === 0) throw new RefusedError('ERR', `nobody has said yet how many shards ${this.#name} has: give \`shards\``);
    const most = largest(await this.#allSettings(wanted));
    return most.now > 0 ? most : wanted;
  }

  /** Makes sure that all keys say the same: the largest number that one of them says. None is ever set to a smaller one. */
  async #agree(count: Count): Promise<Count> {
    const found = await this.#allSettings(count);
    const most = largest(found);
    if (most.now > count.now) return this.#agree(most);
    const agreed = most.now === count.now ? most : count;
    const behind = [...found.keys()].filter((shard) => found[shard].now < agreed.now);
    const model = found.findIndex(({ now }) => now > 0);
    if (model >= 0) await this.#begin(agreed, behind.filter((shard) => found[shard].now === 0), model);
    await this.#set(agreed, behind);
    return agreed;
  }

  #allSettings(count: Count): Promise<Count[]> {
    return Promise.all(this.queues(count).map((_, shard) => this.#settings(shard)));
  }

  async #settings(shard: number): Promise<Count> {
    const { shards, shardsBefore } = await this.queue(shard).config();
    return { now: Number(shards), before: Number(shardsBefore) };
  }

  async #set({ now, before }: Count, shards: number[]): Promise<void> {
    await Promise.all(shards.map((shard) => this.queue(shard).config({ shards: now, shardsBefore: before })));
  }

  /** Gives new shards all settings of the shard `model`. */
  async #begin({ now, before }: Count, shards: number[], model: number): Promise<void> {
    if (shards.length === 0) return;
    const settings = (await this.queue(model).config()) as Record<string, string | number>;
    const own = { ...settings, shards: now, shardsBefore: before };
    await Promise.all(shards.map((shard) => this.queue(shard).config(own)));
  }

  /** A schedule that stayed on its old key would go on there, and nobody would find it. */
  async #refuseSchedules(count: Count): Promise<void> {
    for (const queue of this.queues({ now: count.before, before: 0 })) {
      const names = (await queue.schedules()).map(({ name }) => String(name));
      const left = names.find((name) => this.queue(this.places(name, count).now) !== queue);
      if (left !== undefined) {
        const advice = 'set it again, which moves it, or unschedule it';
        throw new RefusedError('ERR', `the schedule ${left} is still on ${queue.name}: ${advice}`);
      }
    }
  }
}

/** Whether an id is looked for at two places. */
export function isMoved({ now, before }: Places): boolean {
  return now !== before;
}

function largest(counts: Count[]): Count {
  return counts.reduce((most, count) => (count.now > most.now ? count : most), NONE);
}

function checkNumber(shards: number): void {
  if (Number.isInteger(shards) && shards > 0 && shards <= MOST) return;
  throw new RangeError(`a queue has 1 to ${MOST} shards, not ${shards}`);
}
