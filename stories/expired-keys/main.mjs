// usage: node expired-keys/main.mjs [--quick] [--plain-pods] [--pictures FOLDER]    runs all scenarios, then prints the table and checks it
//
// --plain-pods turns autopipelining of ioredis off in all pods.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { thousands } from '../harness/figures.mjs';
import { options } from '../harness/options.mjs';
import { check, draw, tabulate } from './report.mjs';
import { run } from './run.mjs';
import { ADD, BULLMQ, ONEXPIRE, PACKAGE } from './scenarios.mjs';
import { FULL, QUICK } from './settings.mjs';

const { quick, pictures, 'plain-pods': plainPods } = options({ 'plain-pods': { type: 'boolean', default: false } });
const sizes = quick ? QUICK : FULL;
const autoPipelining = !plainPods;

console.log(`${thousands(sizes.keys)} keys expire at the same instant, \
${sizes.podProcesses * sizes.podsEach} pods in ${sizes.podProcesses} processes, ${sizes.workers} workers.\n`);

const plan = [
  ['bullmq', 'BullMQ, add with jobId = key', BULLMQ],
  ['add', 'JQ.ADD from the same pods', ADD],
  ['package', 'the same by the package for Node', PACKAGE],
  ['onexpire', 'JQ.ONEXPIRE, no pods', ONEXPIRE],
  ['addFaults', 'JQ.ADD, a worker and the server killed', ADD, true],
  ['packageFaults', 'the same by the package for Node', PACKAGE, true],
  ['onexpireFaults', 'JQ.ONEXPIRE, the same, and the server down when the keys expire', ONEXPIRE, true],
];
const results = {};
for (const [key, name, scenario, faults = false] of plan) {
  console.log(`${name} ...`);
  results[key] = { name, faults, ...(await run(scenario, sizes, { faults, autoPipelining })) };
}

console.log(`\n${tabulate(results, sizes)}\n`);
const correct = check(results, sizes, quick);
if (pictures) {
  const file = join(pictures, 'expired-keys.svg');
  writeFileSync(file, draw(results, sizes));
  console.log(`\n${file}`);
}
console.log(correct ? '\nall results are correct' : '\nSOME RESULTS ARE WRONG');
process.exit(correct ? 0 : 1);
