// Of several queues, which is asked first.

/** One queue; several in strict order, the most urgent first; or queues with weights: `{ paid: 3, free: 1 }`. */
export type QueueNames = string | string[] | Record<string, number>;

export interface Order {
  /** All queues. */
  readonly queues: string[];
  /** The queues as the next claim names them. */
  next(): string[];
  /** Notes that a claim in the order of `names` got `count` jobs of `queue`. */
  served(names: string[], queue: string, count: number): void;
  /** Whether an answer to `queue` may ask for its next jobs without breaking the order. */
  mayAskNext(queue: string): boolean;
}

export function orderOf(names: QueueNames): Order {
  if (typeof names === 'string') return new StrictOrder([names]);
  const order = Array.isArray(names) ? new StrictOrder(names) : new WeightedOrder(names);
  if (order.queues.length === 0) throw new TypeError('a worker needs a queue');
  return order;
}

/** The first named always comes first. */
class StrictOrder implements Order {
  constructor(readonly queues: string[]) {}

  next(): string[] {
    return this.queues;
  }

  served(): void {}

  mayAskNext(queue: string): boolean {
    return queue === this.queues[0];
  }
}

/**
 * Each queue has a clock that advances by 1 / weight with each of its jobs, and the one that is behind comes first. So the
 * jobs that are claimed have the ratio of the weights exactly, and no queue starves.
 */
class WeightedOrder implements Order {
  readonly queues: string[];
  readonly #weights: Record<string, number>;
  readonly #clocks: Record<string, number>;

  constructor(weights: Record<string, number>) {
    this.queues = Object.keys(weights);
    const wrong = this.queues.find((queue) => !(weights[queue] > 0));
    if (wrong !== undefined) throw new RangeError(`the weight of ${wrong} is ${weights[wrong]}, and must be above 0`);
    this.#weights = weights;
    this.#clocks = Object.fromEntries(this.queues.map((queue) => [queue, 0]));
  }

  next(): string[] {
    return [...this.queues].sort((one, other) => this.#clocks[one] - this.#clocks[other]);
  }

  served(names: string[], queue: string, count: number): void {
    // Those before it had no job. Their clocks go on, or they would have everything for themselves when they have jobs again.
    for (const passed of names.slice(0, names.indexOf(queue))) {
      this.#clocks[passed] = Math.max(this.#clocks[passed], this.#clocks[queue]);
    }
    this.#clocks[queue] += count / this.#weights[queue];
  }

  mayAskNext(): boolean {
    return this.queues.length === 1;
  }
}
