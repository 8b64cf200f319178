// The runs that a worker knows. A run is known from its claim until its answer is answered, so that a job which HELD lists is
// begun only if its claim was lost on the way.

import { Run } from './run.js';

export class Runs implements Iterable<Run> {
  readonly #known = new Map<string, Run>();
  /** The queues whose HELD is on its way. */
  readonly #asked = new Set<string>();
  /** What has ended meanwhile: their replies may still list it. */
  #endedMeanwhile: Run[] = [];
  #whenEmpty: (() => void)[] = [];

  [Symbol.iterator](): Iterator<Run> {
    return this.#known.values();
  }

  get size(): number {
    return this.#known.size;
  }

  /** Makes runs of the jobs of a reply, without those that are known. */
  adopt(queue: string, jobs: unknown[], leaseEnd: number): Run[] {
    const claimed = jobs.map((job) => new Run(queue, job, leaseEnd));
    const unknown = claimed.filter((run) => !this.#known.has(key(run)));
    for (const run of unknown) this.#known.set(key(run), run);
    return unknown;
  }

  /** Forgets a run whose answer was answered, or which is lost and has ended. */
  forget(run: Run): void {
    if (this.#asked.has(run.queue)) this.#endedMeanwhile.push(run);
    else this.#known.delete(key(run));
    this.#tellWhenEmpty();
  }

  /** Runs `ask`, which sends HELD to `queue` and adopts its jobs. None of it becomes unknown while the reply is on its way. */
  async whileAsking(queue: string, ask: () => Promise<void>): Promise<void> {
    this.#asked.add(queue);
    try {
      await ask();
    } finally {
      this.#asked.delete(queue);
      const ended = this.#endedMeanwhile;
      this.#endedMeanwhile = ended.filter((run) => run.queue !== queue);
      for (const run of ended) if (run.queue === queue) this.#known.delete(key(run));
      this.#tellWhenEmpty();
    }
  }

  /** Resolves as soon as no run is known. */
  whenEmpty(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenEmpty.push(resolve);
      this.#tellWhenEmpty();
    });
  }

  #tellWhenEmpty(): void {
    if (this.#known.size > 0) return;
    for (const tell of this.#whenEmpty.splice(0)) tell();
  }
}

function key({ queue, token }: Run): string {
  return `${token} ${queue}`;
}
