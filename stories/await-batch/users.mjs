// The nightly jobs: a report for each user. Some mailboxes are full at the first attempt, and a few do not exist.

import { setTimeout as sleep } from 'node:timers/promises';

/** One of the jobs. The run is part of the id, so that the next night has new ids. */
export function user(run, number) {
  return { id: `${run}:${number}`, payload: { user: number, email: `user-${number}@example.org`, plan: 'nightly report' } };
}

/** Does the work for one user. Throws for each 100th user, and at the first attempt for each 10th. */
export function sendReport({ user: number }, attempt) {
  if (number % 100 === 0) throw new Error('mailbox does not exist');
  if (number % 10 === 0 && attempt === 1) throw new Error('mailbox is full');
}

/** Waits as long as the work takes. */
export const work = sleep;

/** The numbers of a correct run. */
export function expected(users) {
  const failed = Math.floor(users / 100);
  return { total: users, completed: users - failed, failed };
}
