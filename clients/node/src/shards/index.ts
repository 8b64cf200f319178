// A queue that is spread over several keys, with all its commands: batches and waiting here, the others in the classes below.

import { RefusedError } from '../errors.js';
import type { EventOptions } from '../events.js';
import type { Page } from '../queue/base.js';
import type { AwaitOptions, JobEnd, Queue } from '../queue/index.js';
import type { PageOptions } from '../queue/reading.js';
import type { Fields } from '../reply.js';
import { ShardedEventReader } from './events.js';
import { isMoved } from './layout.js';
import { ShardedProducing } from './producing.js';

/**
 * One queue over several keys, `mail:0` to `mail:7`, and so over the nodes of a cluster:
 * `new ShardedQueue(cluster, 'mail', { shards: 8 })`. An id is always on the same shard, so it is added once, as in one queue.
 * What is promised for one queue (order, limits, batches, that many jobs are added all or none) holds for each shard.
 * Methods, options and errors are those of {@link Queue}.
 */
export class ShardedQueue extends ShardedProducing {
  /** JQ.SEAL: the batch takes no more members; false if it was sealed before. */
  async seal(batch: string): Promise<boolean> {
    return (await this.#queueOf(batch)).seal(batch);
  }

  /** JQ.BATCH: the numbers of a batch; null if it is unknown. */
  async batch(name: string): Promise<Fields | null> {
    return (await this.#queueOf(name)).batch(name);
  }

  /** JQ.BATCHES: one page of the batches of each shard, oldest first. */
  async batches(options: PageOptions = {}): Promise<Page<Fields>> {
    return this.askNext(options.cursor, (queue, cursor) => queue.batches({ ...options, cursor }));
  }

  /** JQ.FORGET: whether the batch is removed; not if it is unknown, or something waits for it. */
  async forget(batch: string): Promise<boolean> {
    return (await this.#queueOf(batch)).forget(batch);
  }

  /** JQ.AWAIT BATCH: the numbers of the batch when it is sealed and nothing of it is pending; null if it is unknown. */
  async awaitBatch(name: string, options: AwaitOptions = {}): Promise<Fields | null> {
    return (await this.#queueOf(name)).awaitBatch(name, options);
  }

  /** JQ.AWAIT JOB: how the job has ended, with its result; null if its id is unknown. */
  async awaitJob(id: string, options: AwaitOptions = {}): Promise<JobEnd | null> {
    return this.find(id, (queue) => queue.awaitJob(id, options), (end) => end !== null);
  }

  /** JQ.AWAIT IDLE: how many jobs are active on all shards: 0 as soon as none is. */
  async awaitIdle(options: AwaitOptions = {}): Promise<number> {
    const end = performance.now() + (options.timeout ?? Infinity);
    for (;;) {
      await this.askAll((queue) => queue.awaitIdle({ timeout: end - performance.now() }));
      const active = await this.count('active'); // a shard may have begun again while another was waited for
      if (active === 0 || performance.now() >= end) return active;
    }
  }

  /**
   * JQ.EVENTS: what happens on all shards from a position on, for `for await`: in order for each shard, and so for each job,
   * and between shards as they come. A position is that of all shards.
   */
  events(options: EventOptions = {}): ShardedEventReader {
    if (options.after?.includes('-') && !options.after.startsWith('0:')) {
      throw new RefusedError('ERR', `${options.after} is no position of a queue of several shards`);
    }
    return new ShardedEventReader(async () => this.shards(), options);
  }

  /** The shard of a batch: while the queue grows the old one, if the batch was begun there. */
  async #queueOf(batch: string): Promise<Queue> {
    const places = this.layout.places(batch, await this.layout.reread());
    const [now, before] = [this.layout.queue(places.now), this.layout.queue(places.before)];
    if (!isMoved(places) || (await now.batch(batch)) !== null) return now;
    return (await before.batch(batch)) === null ? now : before;
  }
}
