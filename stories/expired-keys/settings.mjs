// The sizes of the story.

export const FULL = { keys: 11_300, podProcesses: 4, podsEach: 18, workers: 4, untilExpiry: 3_000, slowWrite: 2_000 };
export const QUICK = { keys: 2_400, podProcesses: 1, podsEach: 3, workers: 2, untilExpiry: 1_000, slowWrite: 400 };

/** How long one scenario may take, in ms: four times what a busy machine needs. */
export const LIMIT = 600_000;
