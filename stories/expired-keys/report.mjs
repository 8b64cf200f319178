// The second story in numbers.

import { machine } from '../harness/machine.mjs';
import { bars } from '../harness/picture.mjs';
import { Expectations } from '../harness/expectations.mjs';
import { seconds, table, thousands } from '../harness/figures.mjs';

const HEAD = ['', 'calls', 'jobs run', 'duplicates', 'missing', 'Redis CPU', 'Redis commands', 'settled after'];

/** The table of the README, and what it was measured on. */
export function tabulate(results, sizes) {
  const rows = Object.values(results).map((result) => [
    result.name,
    ...[result.calls, result.runs, result.duplicates, result.missing].map(thousands),
    seconds(result.cpu),
    thousands(result.commands),
    seconds(result.settled),
  ]);
  const { addFaults: add, onexpireFaults: onexpire } = results;
  const worker = ({ held }) => `a worker with ${thousands(held)} jobs in hand`;
  const done = ({ rowsAtCrash }) => `${thousands(rowsAtCrash)} of ${thousands(sizes.keys)} jobs done`;
  return `${table(HEAD, rows)}

Killed with JQ.ADD: ${worker(add)}, and the server with ${done(add)} and ${thousands(add.unansweredAtCrash)} calls \
unanswered. With JQ.ONEXPIRE: the server at midnight, ${worker(onexpire)}, and the server with ${done(onexpire)}.
Redis CPU is user and system time until everything was done, Pub/Sub and restarts included; commands are \
those inside scripts, too.
Measured on ${machine(results.bullmq.redis, ['bullmq', 'ioredis'])}.`;
}

/** Prints each promise beside what came of it. A quick story is too small to compare CPU. */
export function judge(results, sizes, quick) {
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
    console.log('Redis CPU beside BullMQ');
    expectations.atMost('JQ.ADD', results.add.cpu / results.bullmq.cpu, 0.1);
    expectations.atMost('JQ.ONEXPIRE', results.onexpire.cpu / results.bullmq.cpu, 0.01);
  }
  return expectations.kept;
}

/** The picture: runs beside what was to run, and the CPU it cost. */
export function draw({ bullmq, add, onexpire }, sizes) {
  const rows = [['BullMQ', bullmq, 'old'], ['JQ.ADD', add, 'new'], ['JQ.ONEXPIRE', onexpire, 'new']];
  const share = (cpu) => (cpu === bullmq.cpu ? '' : `  (${((100 * cpu) / bullmq.cpu).toFixed(1)} %)`);
  return bars({
    title: `${thousands(sizes.keys)} keys expire at the same instant, ${sizes.podProcesses * sizes.podsEach} pods hear it`,
    subtitle: 'JQ.ADD: the same pods with another call. JQ.ONEXPIRE: no pods; the expiry is the enqueue.',
    groups: [
      {
        title: 'jobs run',
        bars: rows.map(([label, { runs }, tone]) => ({ label, tone, value: runs, text: thousands(runs) })),
        mark: { value: sizes.keys, text: `${thousands(sizes.keys)} were to run` },
      },
      {
        title: 'Redis CPU',
        bars: rows.map(([label, { cpu }, tone]) => ({ label, tone, value: cpu, text: `${seconds(cpu)}${share(cpu)}` })),
      },
    ],
  });
}
