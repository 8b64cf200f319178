// The ways in which an expired key becomes a job.

const nothing = async () => {};

export const BULLMQ = {
  pod: 'pod-bullmq.mjs',
  worker: 'worker-bullmq.mjs',
  prepare: nothing,
  async unfinished(control) {
    const [waiting, active] = await Promise.all([control.llen('bull:events:wait'), control.llen('bull:events:active')]);
    return waiting + active + (await control.zcard('bull:events:delayed'));
  },
  queueResults: async () => ({}),
};

/** The same pods call JQ.ADD. */
export const ADD = {
  pod: 'pod-jq.mjs',
  worker: 'worker-jq.mjs',
  prepare: nothing,
  unfinished,
  queueResults,
};

/** The same by the package for Node. */
export const PACKAGE = { ...ADD, pod: 'pod-package.mjs', worker: 'worker-package.mjs' };

/** There are no pods: the server adds the job when the key expires. */
export const ONEXPIRE = {
  worker: 'worker-jq.mjs',
  prepare: (control) => control.call('JQ.ONEXPIRE', 'events', 'event:', 'ATTEMPTS', 3, 'BACKOFF', 'EXPONENTIAL', 1_000),
  unfinished,
  queueResults,
};

async function stats(control) {
  return JSON.parse(await control.call('JQ.STATS', 'events', 'JSON'));
}

async function unfinished(control) {
  const { waiting, delayed, active } = await stats(control);
  return waiting + delayed + active;
}

/** The number of acknowledged jobs by JQ.STATS, and the discrepancies that JQ.CHECK finds. */
async function queueResults(control) {
  const { acks } = await stats(control);
  return { acks, discrepancies: (await control.call('JQ.CHECK', 'events')).length };
}
