// usage: node await-batch/main.mjs [--quick] [--pictures FOLDER]    the first story, from the first job to the table
//
// --quick leaves out what Bull does when it goes wrong: that takes a minute of waiting for nothing.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { thousands } from '../harness/figures.mjs';
import { options } from '../harness/options.mjs';
import { draw, judge, tabulate } from './report.mjs';
import { run } from './run.mjs';
import { FULL, QUICK } from './settings.mjs';
import { SCENARIOS } from './scenarios.mjs';

const LONG = ['removed', 'restarted'];

const { quick, pictures } = options();
const sizes = quick ? QUICK : FULL;
console.log(`${thousands(sizes.users)} jobs, ${sizes.workers} workers. When are they done, and how many succeeded?\n`);

const results = {};
for (const [key, way] of Object.entries(SCENARIOS)) {
  if (quick && LONG.includes(key)) continue;
  console.log(`${way.name} ...`);
  results[key] = { name: way.name, ...(await run(way, sizes)) };
}

console.log(`\n${tabulate(results, sizes)}\n`);
const kept = judge(results, sizes);
if (pictures) {
  const file = join(pictures, 'await-batch.svg');
  writeFileSync(file, draw(results, sizes));
  console.log(`\n${file}`);
}
console.log(kept ? '\nevery number is as it must be' : '\nSOME NUMBERS ARE WRONG');
process.exit(kept ? 0 : 1);
