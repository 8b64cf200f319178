// The sizes of the second story.

export const FULL = { keys: 11_300, podProcesses: 4, podsEach: 18, workers: 4, untilMidnight: 3_000, slowWrite: 2_000 };
export const QUICK = { keys: 600, podProcesses: 1, podsEach: 6, workers: 2, untilMidnight: 500, slowWrite: 200 };

/** How long one way may take, in ms. Four times what a busy machine needs. */
export const LIMIT = 600_000;
