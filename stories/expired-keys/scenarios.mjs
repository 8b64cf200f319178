// The three ways from an expired key to a job that runs.

const nothing = async () => {};

export const BULLMQ = {
  pod: 'pod-bullmq.mjs',
  worker: 'worker-bullmq.mjs',
  prepare: nothing,
  async left(control) {
    const [waiting, active] = await Promise.all([control.llen('bull:events:wait'), control.llen('bull:events:active')]);
    return waiting + active + (await control.zcard('bull:events:delayed'));
  },
  verdict: async () => ({}),
};

/** The pods as they are, with another call. */
export const ADD = {
  pod: 'pod-jq.mjs',
  worker: 'worker-jq.mjs',
  prepare: nothing,
  left: unfinished,
  verdict,
};

/** No pods: the expiry itself is the enqueue. */
export const ONEXPIRE = {
  worker: 'worker-jq.mjs',
  prepare: (control) => control.call('JQ.ONEXPIRE', 'events', 'event:', 'ATTEMPTS', 3, 'BACKOFF', 'EXPONENTIAL', 1_000),
  left: unfinished,
  verdict,
};

async function stats(control) {
  return JSON.parse(await control.call('JQ.STATS', 'events', 'JSON'));
}

async function unfinished(control) {
  const { waiting, delayed, active } = await stats(control);
  return waiting + delayed + active;
}

/** What the queue itself counted, and what it finds wrong when it recounts everything. */
async function verdict(control) {
  const { acks } = await stats(control);
  return { acks, discrepancies: (await control.call('JQ.CHECK', 'events')).length };
}
