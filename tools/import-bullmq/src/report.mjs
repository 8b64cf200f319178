// What an import has done, or would do, for people. The commands stand on lines of their own, to be copied.

import { STATES } from './import.mjs';

const LIBRARY = { bull: 'Bull', bullmq: 'BullMQ' };
/** Refusals that are shown; all are counted. */
const SHOWN = 5;

/** Whether everything that can be carried over is there now. */
export function isComplete({ states }) {
  return STATES.every((state) => states[state].refused === 0 && states[state]['kept back'] === 0);
}

export function describe(source, target, result, settings) {
  const lines = [
    `${source.name} (${LIBRARY[source.library]}, ${source.keys}) -> ${target.key}${settings.isDryRun ? ', dry run: nothing was changed' : ''}`,
    ...STATES.map((state) => `  ${state.padEnd(11)} ${settings.isDryRun ? `${result.states[state].read} to add` : outcomes(result.states[state])}`),
    ...section('Left out:', leftOut(result)),
    ...section('Mind:', minding(source, target, result, settings)),
    ...section('Schedules, for redis-cli:', schedules(result), ''),
  ];
  return `${lines.join('\n')}\n`;
}

function outcomes({ added, duplicate, refused, 'kept back': keptBack }) {
  const parts = [[added, 'added'], [duplicate, 'known already'], [refused, 'refused'], [keptBack, 'kept back']];
  return parts.filter(([count, word]) => count > 0 || word === 'added').map(([count, word]) => `${count} ${word}`).join(', ');
}

function section(title, sentences, indent = '  ') {
  return sentences.length === 0 ? [] : [title, ...sentences.map((sentence) => indent + sentence)];
}

function leftOut({ counts, leftOut }) {
  return [
    [counts.active, 'active: a worker has them. Stop the workers of the source first, and run this again'],
    [counts.completed, 'completed'],
    [counts.parents, 'waiting for their children: let the workers of the source finish these flows'],
    [leftOut.ofFlows, 'of flows, children or parents: the same'],
    [leftOut.nextTicks, 'next jobs of schedulers: set the schedules below, then remove the schedulers there'],
    [leftOut.missing, 'whose data is gone'],
  ].filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
}

function minding(source, target, { counts, states, losses, refusals }, { isDryRun, dedup }) {
  const sentences = [...losses].map(([loss, count]) => `${count} ${loss}`);
  if (counts.isPaused) sentences.push(`the queue is paused there, and not here: JQ.PAUSE ${target.key}`);
  if (states.failed['kept back'] > 0) {
    sentences.push(`${target.key} gives no job now (workers wait in it, it is paused or at a limit), and a failed job is claimed for a moment: end that, and run this again`);
  }
  sentences.push(...refusals.slice(0, SHOWN).map((refusal) => `refused: ${refusal}`));
  if (refusals.length > SHOWN) sentences.push(`and ${refusals.length - SHOWN} more were refused`);
  if (!isDryRun && dedup !== '-1') sentences.push(`ids stay refused for ${dedup} ms after their jobs have ended. Run this again within that time, or not at all`);
  return sentences;
}

function schedules({ schedules }) {
  return schedules.flatMap(({ command, mind }) => [command, ...mind.map((sentence) => `# ${sentence}`)]);
}
