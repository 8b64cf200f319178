// usage: node expired-keys/main.mjs [--quick] [--plain-pods] [--pictures FOLDER]    the second story, from midnight to the table
//
// --plain-pods turns ioredis' autopipelining off, in all pods alike.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { options } from '../harness/options.mjs';
import { thousands } from '../harness/figures.mjs';
import { night } from './run.mjs';
import { draw, judge, tabulate } from './report.mjs';
import { FULL, QUICK } from './settings.mjs';
import { ADD, BULLMQ, ONEXPIRE } from './scenarios.mjs';

const { quick, pictures, 'plain-pods': plainPods } = options({ 'plain-pods': { type: 'boolean', default: false } });
const sizes = quick ? QUICK : FULL;
const autoPipelining = !plainPods;

console.log(`${thousands(sizes.keys)} keys expire at the same instant, \
${sizes.podProcesses * sizes.podsEach} pods in ${sizes.podProcesses} processes, ${sizes.workers} workers.\n`);

const plan = [
  ['bullmq', 'BullMQ, add with jobId = key', BULLMQ],
  ['add', 'JQ.ADD from the same pods', ADD],
  ['onexpire', 'JQ.ONEXPIRE, no pods', ONEXPIRE],
  ['addFaults', 'JQ.ADD, a worker and the server killed', ADD, true],
  ['onexpireFaults', 'JQ.ONEXPIRE, the same, and the server down at midnight', ONEXPIRE, true],
];
const results = {};
for (const [key, name, way, faults = false] of plan) {
  console.log(`${name} ...`);
  results[key] = { name, faults, ...(await night(way, sizes, { faults, autoPipelining })) };
}

console.log(`\n${tabulate(results, sizes)}\n`);
const kept = judge(results, sizes, quick);
if (pictures) {
  const file = join(pictures, 'expired-keys.svg');
  writeFileSync(file, draw(results, sizes));
  console.log(`\n${file}`);
}
console.log(kept ? '\nevery number is as it must be' : '\nSOME NUMBERS ARE WRONG');
process.exit(kept ? 0 : 1);
