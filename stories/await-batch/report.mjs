// The results of the story: the table, the checks and the picture.

import { megabytes, seconds, table, thousands } from '../harness/figures.mjs';
import { machine } from '../harness/machine.mjs';
import { lines } from '../harness/picture.mjs';
import { Expectations } from '../harness/expectations.mjs';
import { expected } from './users.mjs';

const MEGABYTE = 1_048_576;
const HEAD = ['', 'result at the producer', 'listeners', 'warnings', 'heap', 'resident'];

/** The table of docs/comparison.md, and the machine of the measurement. */
export function tabulate(results, sizes) {
  const rows = Object.values(results).map((result) => [
    result.name,
    resultOf(result, sizes),
    result.listeners === undefined ? '-' : thousands(result.listeners),
    result.warnings === undefined ? '-' : thousands(result.warnings),
    `+${megabytes(result.heap)}`,
    `+${megabytes(result.rss)}`,
  ]);
  const { completed, failed } = expected(sizes.users);
  const { jq, restarted } = results;
  const listed = (reasons) => Object.entries(reasons).map(([text, count]) => `${text} (${count})`).join(', ');
  return `${table(HEAD, rows)}

Correct is: ${thousands(completed)} completed, ${thousands(failed)} failed. Heap, resident memory and listeners are the most \
by which the producer grew since its start; warnings are MaxListenersExceededWarning.
With JQ.AWAIT a worker was killed after a quarter of the jobs, the server after ${thousands(jq.rowsAtCrash)}, and the \
producer ran twice: ${thousands(jq.batch.duplicates)} duplicates refused, the follow-up job ran ${jq.reports} time. Bull \
ran undisturbed except where the row says otherwise.${restarted ? ` After the restart the reasons of its failed jobs were: ${listed(restarted.reasons)}.` : ''}
Measured on ${machine(jq.redis, ['bull', 'ioredis'])}.`;
}

function resultOf({ batch, counts, done }, { users }) {
  const { completed, failed } = batch ?? counts;
  const numbers = `${thousands(completed)} completed, ${thousands(failed)} failed`;
  return done ? numbers : `${numbers}; waits for ever for ${thousands(users - completed - failed)}`;
}

/** Prints each check with its outcome. Returns whether all of them hold. */
export function check(results, sizes) {
  const expectations = new Expectations();
  const right = { ...expected(sizes.users), pending: 0, expired: 0, cancelled: 0, duplicates: sizes.users };
  const text = (batch) => Object.keys(right).map((field) => `${batch[field]} ${field}`).join(', ');
  for (const result of [results.jq, results.python, results.nodePackage, results.pythonPackage]) {
    console.log(`${result.name}, ${seconds(result.took)}, ${thousands(result.executions)} executions`);
    expectations.equal('numbers of the batch', text(result.batch), text(right));
    expectations.equal('numbers at the second producer', text(result.second.batch), text(right));
    expectations.equal('acknowledged, follow-up job included', result.stats.acks, right.completed + 1);
    expectations.equal('runs of the follow-up job', result.reports, 1);
    expectations.equal('discrepancies in JQ.CHECK', result.discrepancies, 0);
    expectations.atMost('heap growth, MB', result.heap / MEGABYTE, 1);
    if (result.listeners !== undefined) expectations.equal('listeners', result.listeners, 0);
    if (result.warnings !== undefined) expectations.equal('warnings', result.warnings, 0);
  }
  return expectations.met;
}

/** Draws the live heap of the producer over time. */
export function draw({ jq, finished, listeners }, sizes) {
  const line = ({ samples, heap }, name, tone) => ({
    label: `${name} +${megabytes(heap)}`,
    tone,
    points: [[0, 0], ...samples.map(([time, bytes]) => [time, bytes / MEGABYTE])],
  });
  return lines({
    title: `Waiting for ${thousands(sizes.users)} jobs: live heap of the producer`,
    subtitle: `Listeners added: finished() ${thousands(finished.listeners)}, queue-wide ${listeners.listeners}, \
JQ.AWAIT ${jq.listeners}. A worker and the server were killed during JQ.AWAIT.`,
    unitX: 's',
    unitY: 'MB above the start',
    lines: [
      line(finished, 'finished()', 'old'),
      line(listeners, 'listeners', 'older'),
      line(jq, 'JQ.AWAIT', 'new'),
    ],
  });
}
