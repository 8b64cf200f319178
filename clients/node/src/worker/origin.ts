// Where the jobs of a worker come from.

import { sourceOf, type ConnectionLike } from '../connection/index.js';
import type { Source } from '../connection/source.js';
import type { ShardedQueue } from '../shards/index.js';
import { orderOf, type Order, type QueueNames } from './order.js';

export interface Origin {
  readonly source: Source;
  /** Whether there may be more orders later. */
  readonly mayGrow: boolean;
  /** What to claim from now. The queues of one order are claimed from together, those of others beside them. */
  orders(): Promise<Order[]>;
  /** Ends the connection, if the worker has made it. */
  close(): void;
}

/** One queue or several, which share a slot in a cluster. */
export function oneOrder(connection: ConnectionLike, names: QueueNames): Origin {
  const source = sourceOf(connection);
  const order = orderOf(names);
  return { source, mayGrow: false, orders: async () => [order], close: () => source.close() };
}

/** All shards of a queue. */
export function allShards(queue: ShardedQueue): Origin {
  const orders = async () => (await queue.keys()).map(orderOf);
  return { source: queue.source, mayGrow: true, orders, close: () => {} };
}
