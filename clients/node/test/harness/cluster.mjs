// A cluster of three primaries, and the move of one slot.

import { Server } from './server.mjs';
import { until } from './wait.mjs';

const SLOTS = 16_384;

/** Starts three primaries for the test `t`. */
export async function startCluster(t) {
  const settings = { 'cluster-enabled': 'yes', 'cluster-node-timeout': 2_000, 'cluster-require-full-coverage': 'no' };
  const nodes = await Promise.all([1, 2, 3].map(() => Server.start(t, settings)));
  const share = Math.ceil(SLOTS / nodes.length);
  for (const [index, { control }] of nodes.entries()) {
    await control.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    await control.cluster('MEET', '127.0.0.1', nodes[0].port);
    await control.call('CLUSTER', 'ADDSLOTSRANGE', index * share, Math.min((index + 1) * share, SLOTS) - 1);
  }
  // Each knows the others and all of their slots: before that a client could learn half of them.
  const isThere = /cluster_state:ok[^]*cluster_slots_ok:16384[^]*cluster_known_nodes:3/;
  for (const { control } of nodes) {
    await until(async () => isThere.test(await control.cluster('INFO')), 'there is no cluster');
  }
  return nodes;
}

/** The node that has `key`, if its slot was not moved. */
export async function ownerOf(nodes, key) {
  const slot = await nodes[0].control.cluster('KEYSLOT', key);
  return nodes[Math.floor(slot / Math.ceil(SLOTS / nodes.length))];
}

/**
 * Moves the slot of `key`, key by key, to the next node. `meanwhile` runs when the key is there and the slot is not: the old
 * owner answers ASK.
 */
export function moveSlot(nodes, key, meanwhile) {
  const moved = (lastMoves.get(nodes) ?? Promise.resolve()).then(() => moveNow(nodes, key, meanwhile));
  lastMoves.set(nodes, moved.catch(() => {}));
  return moved;
}

// In a cluster one move after the other: a node that takes another slot meanwhile gets a newer epoch, and may take back the
// one it gives.
const lastMoves = new WeakMap();

async function moveNow(nodes, key, meanwhile) {
  const slot = await nodes[0].control.cluster('KEYSLOT', key);
  const ids = await Promise.all(nodes.map(({ control }) => control.cluster('MYID')));
  const from = nodes.indexOf(await ownerOf(nodes, key));
  const to = (from + 1) % nodes.length;
  await nodes[to].control.cluster('SETSLOT', slot, 'IMPORTING', ids[from]);
  await nodes[from].control.cluster('SETSLOT', slot, 'MIGRATING', ids[to]);
  await nodes[from].control.call('MIGRATE', '127.0.0.1', nodes[to].port, key, 0, 5_000);
  await meanwhile();
  for (const index of [to, from, 3 - to - from]) await nodes[index].control.cluster('SETSLOT', slot, 'NODE', ids[to]);
}
