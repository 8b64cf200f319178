// The sizes of the first story.

export const FULL = { users: 7_000, workers: 3, workMs: 400 };
export const QUICK = { users: 700, workers: 2, workMs: 50 };

/** The name of this night's run: one batch. */
export const RUN = 'run-20241101';

/** How long one way may take, in ms. */
export const LIMIT = 180_000;
