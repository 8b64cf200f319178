// The nightly work: a record for each user. Some mailboxes are full for a moment, and a few for good.

import { setTimeout as sleep } from 'node:timers/expectations';

/** One of the night's jobs. The run is part of the id: tomorrow's jobs are others. */
export function user(run, number) {
  return { id: `${run}:${number}`, payload: { user: number, email: `user-${number}@example.org`, plan: 'nightly report' } };
}

/** The work for one user: throws for each 100th, and at the first attempt for each 10th. */
export function serve({ user: number }, attempt) {
  if (number % 100 === 0) throw new Error('mailbox does not exist');
  if (number % 10 === 0 && attempt === 1) throw new Error('mailbox is full');
}

/** The work takes a while, whatever comes of it. */
export const effort = sleep;

/** How the night must end. */
export function expected(users) {
  const failed = Math.floor(users / 100);
  return { total: users, completed: users - failed, failed };
}
