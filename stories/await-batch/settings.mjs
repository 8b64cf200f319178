// The sizes of the story.

export const FULL = { users: 7_000, workers: 3, workMs: 400 };
export const QUICK = { users: 700, workers: 2, workMs: 50 };

/** The name of the run, which is also the name of its batch. */
export const RUN = 'run-20241101';

/** How long one scenario may take, in ms. */
export const LIMIT = 180_000;
