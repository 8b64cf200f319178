// Waiting, always for a condition and with a limit.

import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `condition` holds; throws `message` (a text, or a function that makes one) after `ms`. */
export async function until(condition, message, ms = 15_000) {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${typeof message === 'function' ? message() : message} (after ${ms} ms)`);
    await sleep(10);
  }
}

export { sleep };
