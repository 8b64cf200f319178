// The results of the story: the table, the checks and the picture.

import { machine } from '../harness/machine.mjs';
import { bars } from '../harness/picture.mjs';
import { Expectations } from '../harness/expectations.mjs';
import { seconds, table, thousands } from '../harness/figures.mjs';

const HEAD = ['', 'calls', 'jobs run', 'duplicates', 'missing', 'Redis CPU', 'Redis commands', 'done after'];

/** The table of docs/comparison.md, and the machine of the measurement. */
export function tabulate(results, sizes) {
  const rows = Object.values(results).map((result) => [
    result.name,
    ...[result.calls, result.runs, result.duplicates, result.missing].map(thousands),
    seconds(result.cpu),
    thousands(result.commands),
    seconds(result.doneAfter),
  ]);
  const { addFaults: add, onexpireFaults: onexpire } = results;
  const worker = ({ held }) => `a worker that held ${thousands(held)} jobs`;
  const done = ({ rowsAtCrash }) => `${thousands(rowsAtCrash)} of ${thousands(sizes.keys)} jobs done`;
  return `${table(HEAD, rows)}

Killed with JQ.ADD: ${worker(add)}, and the server with ${done(add)} and ${thousands(add.unansweredAtCrash)} calls \
unanswered. With JQ.ONEXPIRE: the server when the keys expired, ${worker(onexpire)}, and the server with ${done(onexpire)}.
Redis CPU is user and system time until everything was done, with Pub/Sub and restarts. Commands include \
those inside scripts.
Measured on ${machine(results.bullmq.redis, ['bullmq', 'ioredis'])}.`;
}

/** Prints each check with its outcome. Returns whether all of them hold. A quick story is too small to compare CPU. */
export function check(results, sizes, quick) {
  const expectations = new Expectations();
  for (const [key, result] of Object.entries(results)) {
    if (key === 'bullmq') continue;
    console.log(result.name);
    expectations.equal('jobs acknowledged', result.acks, sizes.keys);
    expectations.equal('missing', result.missing, 0);
    expectations.equal('duplicates', result.duplicates, 0);
    expectations.equal('discrepancies in JQ.CHECK', result.discrepancies, 0);
    if (result.calls > 0 && !result.faults) expectations.equal('refused', result.refused, result.calls - sizes.keys);
  }
  if (!quick) {
    console.log('Redis CPU, as a share of BullMQ');
    expectations.atMost('JQ.ADD', results.add.cpu / results.bullmq.cpu, 0.1);
    // It sends one command at a time, also where the pods of the others send pipelines.
    expectations.atMost('JQ.ADD by the package', results.package.cpu / results.bullmq.cpu, 0.3);
    expectations.atMost('JQ.ONEXPIRE', results.onexpire.cpu / results.bullmq.cpu, 0.01);
  }
  return expectations.met;
}

/** Draws the number of runs and the CPU time of each scenario. */
export function draw({ bullmq, add, onexpire }, sizes) {
  const rows = [['BullMQ', bullmq, 'old'], ['JQ.ADD', add, 'new'], ['JQ.ONEXPIRE', onexpire, 'new']];
  const share = (cpu) => (cpu === bullmq.cpu ? '' : `  (${((100 * cpu) / bullmq.cpu).toFixed(1)} %)`);
  return bars({
    title: `${thousands(sizes.keys)} keys expire at the same instant, ${sizes.podProcesses * sizes.podsEach} pods receive it`,
    subtitle: 'JQ.ADD: the same pods call JQ.ADD. JQ.ONEXPIRE: no pods, the server adds the jobs.',
    groups: [
      {
        title: 'jobs run',
        bars: rows.map(([label, { runs }, tone]) => ({ label, tone, value: runs, text: thousands(runs) })),
        mark: { value: sizes.keys, text: `${thousands(sizes.keys)} expected` },
      },
      {
        title: 'Redis CPU',
        bars: rows.map(([label, { cpu }, tone]) => ({ label, tone, value: cpu, text: `${seconds(cpu)}${share(cpu)}` })),
      },
    ],
  });
}
