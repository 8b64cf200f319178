// On which shard an id is. All packages agree on it, byte for byte: clients/placement.json has the vectors.

import { createHash } from 'node:crypto';

const OPEN = '{'.charCodeAt(0);
const CLOSE = '}'.charCodeAt(0);

/**
 * The part of an id that counts, by the rule that a Redis Cluster has for keys: what stands between the first `{` and the
 * first `}` behind it, if that is not empty, else all of it. So ids with the same tag are on the same shard.
 */
export function hashedPart(id: Buffer): Buffer {
  const open = id.indexOf(OPEN);
  const close = open < 0 ? -1 : id.indexOf(CLOSE, open);
  return close > open + 1 ? id.subarray(open + 1, close) : id;
}

/** The shard of an id, of `count` shards. */
export function shardOf(id: string | Buffer, count: number): number {
  const digest = createHash('sha256').update(hashedPart(Buffer.from(id))).digest();
  return jump(digest.readBigUInt64BE(), count);
}

/**
 * The jump consistent hash of Lamping and Veach: with more buckets a number stays where it is, or moves to a new bucket, and
 * all buckets get the same share.
 */
function jump(number: bigint, buckets: number): number {
  let bucket = -1;
  for (let next = 0; next < buckets; ) {
    bucket = next;
    number = BigInt.asUintN(64, number * 2862933555777941757n + 1n);
    next = Math.floor((bucket + 1) * (2 ** 31 / Number((number >> 33n) + 1n)));
  }
  return bucket;
}
