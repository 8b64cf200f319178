// On which shard an id is: the vectors that all packages share, and what the hash promises.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const { hashedPart, shardOf } = createRequire(import.meta.url)('../dist/shards/placement.js');
const { counts, ids } = JSON.parse(readFileSync(new URL('../../placement.json', import.meta.url), 'utf8'));

test('ids are where the other packages look for them', () => {
  assert.ok(ids.length > 30);
  for (const { id, bytes, hashed, shards } of ids) {
    const given = Buffer.from(bytes, 'hex');
    assert.equal(hashedPart(given).toString('hex'), hashed, bytes);
    assert.deepEqual(counts.map((count) => shardOf(given, count)), shards, bytes);
    if (id !== undefined) assert.deepEqual(counts.map((count) => shardOf(id, count)), shards, id);
  }
});

test('with one shard more, ids stay or move to the new one, and all shards have the same share', () => {
  const COUNT = 20_000;
  for (const count of [1, 2, 7, 16]) {
    const shares = Array(count + 1).fill(0);
    for (let number = 0; number < COUNT; number += 1) {
      const [before, now] = [shardOf(`job:${number}`, count), shardOf(`job:${number}`, count + 1)];
      assert.ok(now === before || now === count, `job:${number} moves from ${before} to ${now}`);
      shares[now] += 1;
    }
    const fair = COUNT / (count + 1);
    assert.ok(shares.every((share) => Math.abs(share - fair) < 0.15 * fair), `${shares}`);
  }
});
