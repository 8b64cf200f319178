// Answers as commands: one for all that can be said in one.

import type { Word } from '../connection/source.js';
import { duration } from '../words.js';
import type { Answer, Run } from './run.js';

/** An answer that waits to be sent. */
export interface Pending {
  run: Run;
  answer: Answer;
  /** It was sent, and no reply came: the server may know it already. */
  wasSent: boolean;
  /** The server has refused a command that said this and more. */
  isAlone: boolean;
  /** It frees a slot, so the command that carries it may ask for a job. */
  hasSlot: boolean;
}

/** One command, and what it answers. */
export interface AnswerCommand {
  words: Word[];
  answers: Pending[];
  /** Whether the command knows NEXT. */
  mayClaim: boolean;
}

/** At maxmemory the server refuses results that are larger, and with them all that is in the command. */
const SMALL_RESULT = 1_024;

/** The commands that say all of `answers`. */
export function answerCommands(queue: string, answers: Pending[]): AnswerCommand[] {
  const groups = new Map<unknown, Pending[]>();
  for (const pending of answers) {
    const key = groupKey(pending);
    const group = groups.get(key);
    if (group) group.push(pending);
    else groups.set(key, [pending]);
  }
  return [...groups.values()].map((group) => toCommand(queue, group));
}

/** Answers with the same key go into one command. */
function groupKey(pending: Pending): unknown {
  const { answer, isAlone } = pending;
  if (isAlone) return pending;
  if (answer.kind === 'nack') return `nack ${answer.isFatal} ${errorText(answer.error)}`;
  if (answer.kind === 'release') return `release ${answer.delay}`;
  if (!answer.result) return 'ack';
  return answer.result.length > SMALL_RESULT ? pending : 'result';
}

function toCommand(queue: string, answers: Pending[]): AnswerCommand {
  const pairs = answers.flatMap(({ run }) => run.pair);
  const { answer } = answers[0];
  if (answer.kind === 'nack') {
    const options = ['ERROR', errorText(answer.error), ...(answer.isFatal ? ['FATAL'] : [])];
    return { words: ['JQ.NACK', queue, ...pairs, ...options], answers, mayClaim: true };
  }
  if (answer.kind === 'release') {
    const options = answer.delay === undefined ? [] : ['DELAY', duration(answer.delay)];
    return { words: ['JQ.RELEASE', queue, ...pairs, ...options], answers, mayClaim: false };
  }
  const results = answers.flatMap(({ answer }) => (answer as { result?: Buffer }).result ?? []);
  const options = results.length > 0 ? ['RESULT', ...results] : [];
  return { words: ['JQ.ACK', queue, ...pairs, ...options], answers, mayClaim: true };
}

function errorText(error: Error): string {
  return error.message || error.name;
}
