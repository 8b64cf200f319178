// The numbers of all shards as those of one queue.

import type { Fields } from '../reply.js';

/** Of times and pauses the largest counts: half of the jobs of the slowest shard have waited no longer than this. */
const LARGEST = /^(waitMs|runMs|oldestClaimable|paused|concurrency|ownConcurrency|until)/;
/** When something is due, -1 for never. */
const NEXT = 'nextDueMs';

/** Sums of all numbers; of times, pauses and limits the largest, of `nextDueMs` the next. Other fields are the first's. */
export function sumOf(all: Fields[]): Fields {
  const sum: Fields = {};
  for (const [name, value] of all.flatMap((fields) => Object.entries(fields))) {
    sum[name] = name in sum ? combined(name, sum[name], value) : value;
  }
  return sum;
}

function combined(name: string, one: unknown, other: unknown): unknown {
  if (typeof one !== 'number' || typeof other !== 'number') return one;
  if (name === NEXT) return one < 0 || other < 0 ? Math.max(one, other) : Math.min(one, other);
  return LARGEST.test(name) ? Math.max(one, other) : one + other;
}
