// usage: node await-batch/main.mjs [--quick] [--pictures FOLDER]    runs all scenarios, then prints the table and checks it
//
// --quick leaves out the scenarios in which Bull waits in vain, because each takes a minute.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { thousands } from '../harness/figures.mjs';
import { options } from '../harness/options.mjs';
import { check, draw, tabulate } from './report.mjs';
import { run } from './run.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { FULL, QUICK } from './settings.mjs';

const SLOW = ['removed', 'restarted'];

const { quick, pictures } = options();
const sizes = quick ? QUICK : FULL;
console.log(`${thousands(sizes.users)} jobs, ${sizes.workers} workers. When are they done, and how many succeeded?\n`);

const results = {};
for (const [key, scenario] of Object.entries(SCENARIOS)) {
  if (quick && SLOW.includes(key)) continue;
  console.log(`${scenario.name} ...`);
  results[key] = { name: scenario.name, ...(await run(scenario, sizes)) };
}

console.log(`\n${tabulate(results, sizes)}\n`);
const correct = check(results, sizes);
if (pictures) {
  const file = join(pictures, 'await-batch.svg');
  writeFileSync(file, draw(results, sizes));
  console.log(`\n${file}`);
}
console.log(correct ? '\nall results are correct' : '\nSOME RESULTS ARE WRONG');
process.exit(correct ? 0 : 1);
