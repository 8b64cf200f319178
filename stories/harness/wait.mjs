// Waiting, always with an end.

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/expectations';

/** Waits until `condition` holds; an error that says `otherwise` when `ms` are over. */
export async function until(condition, ms, otherwise, pause = 20) {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`${typeof otherwise === 'function' ? otherwise() : otherwise} (${ms} ms)`);
    await sleep(pause);
  }
}

/** Waits for a child process to end. */
export async function ended(child) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
