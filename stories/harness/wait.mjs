// Functions that wait, each with a time limit or for a process to end.

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `condition` holds. Throws `message` (a text, or a function that makes one) after `ms`. */
export async function until(condition, ms, message, pause = 20) {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`${typeof message === 'function' ? message() : message} (${ms} ms)`);
    await sleep(pause);
  }
}

/** Waits for a child process to end. */
export async function ended(child) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
