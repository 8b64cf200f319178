// How jobs get into a queue of several shards.

import { uuidv7 } from 'uuidv7';
import { RefusedError, ShardCountError } from '../errors.js';
import type { Queue } from '../queue/index.js';
import type { Added, JobOptions, NewJob, ScheduleOptions } from '../queue/producing.js';
import type { Fields } from '../reply.js';
import { ShardedAdministration } from './administration.js';
import { grouped } from './base.js';
import { isMoved, type Count } from './layout.js';
import { hashedPart } from './placement.js';

/** A job on its way to its shard. */
interface Task {
  id: string;
  payload: unknown;
  options: JobOptions;
  /** The package has made the id, so no shard knows it. */
  isOwnId: boolean;
  added?: Added;
}

/** How often an ADD follows a queue that grows meanwhile. */
const TRIES = 8;

export class ShardedProducing extends ShardedAdministration {
  /**
   * JQ.ADD: adds one job, on the shard of its id. Ids that share a `{tag}` share a shard. A job with `batch` or `after` needs
   * an id of the same tag as the batch; one that the package makes has it.
   */
  async add(payload: unknown, options: JobOptions & { id?: string } = {}): Promise<Added> {
    const { id, ...others } = options;
    const task = toTask({ id, payload }, others);
    await this.#addAll([task], async (queue, _, shards) => [await queue.add(payload, { ...others, id: task.id, shards })]);
    return task.added as Added;
  }

  /**
   * JQ.MADD: adds many jobs. `common` holds for each job that does not say otherwise. Each shard adds all of its jobs or none;
   * if one fails, those of the others may be there: give ids, and repeat the call.
   */
  async addMany(jobs: NewJob[], common: JobOptions = {}): Promise<Added[]> {
    const tasks = jobs.map((job) => {
      const { id, payload, ...own } = job;
      return toTask({ id, payload }, { ...common, ...own });
    });
    await this.#addAll(tasks, (queue, some, shards) => {
      const named = some.map(({ id, payload, options }) => ({ id, payload, ...options }));
      return queue.addMany(named, { shards });
    });
    return tasks.map(({ added }) => added as Added);
  }

  /** JQ.SCHEDULE: sets a schedule, on the shard of its name, where its jobs are, too. Gives its next instant, or null. */
  async schedule(name: string, payload: unknown, options: ScheduleOptions): Promise<number | null> {
    const places = this.layout.places(name, await this.layout.reread());
    const next = await this.layout.queue(places.now).schedule(name, payload, options);
    if (isMoved(places)) await this.layout.queue(places.before).unschedule(name);
    return next;
  }

  /** JQ.UNSCHEDULE: whether there was such a schedule. The jobs that it has added stay. */
  async unschedule(name: string): Promise<boolean> {
    const { now, before } = this.layout.places(name, await this.layout.reread());
    const shards = [...new Set([now, before])];
    const found = await Promise.all(shards.map((shard) => this.layout.queue(shard).unschedule(name)));
    return found.includes(true);
  }

  /** JQ.SCHEDULES: all schedules by name. */
  async schedules(): Promise<Fields[]> {
    const all = (await this.askAll((queue) => queue.schedules())).flat();
    return all.sort((one, other) => (String(one.name) < String(other.name) ? -1 : 1));
  }

  /** JQ.LOG: appends lines to the log of a job, and gives how many it has had; -1 if there is no such job. */
  async log(id: string, ...lines: string[]): Promise<number> {
    return this.find(id, (queue) => queue.log(id, ...lines), (lines) => lines >= 0);
  }

  /** Adds tasks, each shard's by one `send`, until all shards agree with us on how many there are. */
  async #addAll(tasks: Task[], send: (queue: Queue, tasks: Task[], shards: number) => Promise<Added[]>): Promise<void> {
    for (const task of tasks) checkBatches(task);
    for (let tries = 1; ; tries += 1) {
      const count = await this.layout.count();
      const left = tasks.filter(({ added }) => !added);
      await Promise.all(left.map((task) => this.#askBefore(task, count)));
      const groups = grouped(left.filter(({ added }) => !added), ({ id }) => this.layout.places(id, count).now);
      const refusals = await Promise.all([...groups].map(async ([shard, some]) => {
        try {
          const all = await send(this.layout.queue(shard), some, count.now);
          some.forEach((task, at) => (task.added = withoutOwnDuplicate(all[at], task)));
          return undefined;
        } catch (error) {
          if (!(error instanceof ShardCountError) || tries === TRIES) throw error;
          return shard;
        }
      }));
      const refused = refusals.find((shard) => shard !== undefined);
      if (refused === undefined) return;
      await this.layout.learn(refused, count);
    }
  }

  /**
   * While the queue grows, an id whose place has changed may be known at the old one. It is added there only if it is: the
   * shard refuses, for ever, an id that it does not know.
   */
  async #askBefore(task: Task, count: Count): Promise<void> {
    const places = this.layout.places(task.id, count);
    if (!isMoved(places)) return;
    const queue = this.layout.queue(places.before);
    try {
      const { id, payload, options } = task;
      if (!task.isOwnId) task.added = await queue.add(payload, { ...options, id, shards: count.before });
    } catch (error) {
      if (!(error instanceof ShardCountError)) throw error;
    }
    if (!task.added) await refuseOldBatch(task, queue);
  }
}

function toTask({ id, payload }: NewJob, options: JobOptions): Task {
  return { id: id ?? ownId(options), payload, options, isOwnId: id === undefined };
}

/** A new id, with the tag of the batch if there is one. */
function ownId(options: JobOptions): string {
  const [batch] = batches(options);
  return batch === undefined ? uuidv7() : `{${hashedPart(Buffer.from(batch))}}:${uuidv7()}`;
}

function batches({ batch, after, afterok }: JobOptions): string[] {
  return [batch, after, afterok].filter((name) => name !== undefined);
}

/** Whatever the number of shards is, a job has to be where its batches are. */
function checkBatches({ id, options }: Task): void {
  const part = hashedPart(Buffer.from(id));
  const other = batches(options).find((batch) => !hashedPart(Buffer.from(batch)).equals(part));
  if (other === undefined) return;
  const tag = `{${hashedPart(Buffer.from(other))}}`;
  const advice = `give both the same tag, as in the batch ${tag} and the id ${tag}:${id}`;
  throw new RefusedError('ERR', `the job ${id} may be on another shard than its batch ${other}: ${advice}`);
}

/** A batch that was begun on the old shard cannot go on there, and would be another batch on the new one. */
async function refuseOldBatch({ id, options }: Task, queue: Queue): Promise<void> {
  for (const batch of batches(options)) {
    if ((await queue.batch(batch)) === null) continue;
    throw new RefusedError('ERR', `the batch ${batch} of the job ${id} was begun before the queue grew: take a new name`);
  }
}

function withoutOwnDuplicate(added: Added, { isOwnId }: Task): Added {
  return isOwnId && added.outcome === 'duplicate' ? { ...added, outcome: 'added' } : added;
}
