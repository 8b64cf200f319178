// The ways in which a producer can wait until the nightly jobs are done.

const PYTHON = '.venv/bin/python';
const node = (file) => ['node', '--expose-gc', `await-batch/${file}`];

/** The number of Bull's jobs that have not ended. */
async function unfinishedInBull(control) {
  const [waiting, active] = await Promise.all([control.llen('bull:users:wait'), control.llen('bull:users:active')]);
  return waiting + active + (await control.zcard('bull:users:delayed'));
}

export const SCENARIOS = {
  jq: { name: 'JQ.AWAIT (ioredis)', producer: node('producer-jq.mjs'), worker: node('worker-jq.mjs'), jq: true },
  python: {
    name: 'JQ.AWAIT (redis-py)',
    producer: [PYTHON, 'await-batch/producer_jq.py'],
    worker: [PYTHON, 'await-batch/worker_jq.py'],
    jq: true,
  },
  nodePackage: {
    name: 'JQ.AWAIT (the package for Node)',
    producer: node('producer-package.mjs'),
    worker: node('worker-package.mjs'),
    jq: true,
  },
  pythonPackage: {
    name: 'JQ.AWAIT (the package for Python)',
    producer: [PYTHON, 'await-batch/producer_package.py'],
    worker: [PYTHON, 'await-batch/worker_package.py'],
    jq: true,
  },
  finished: {
    name: 'Bull, job.finished() for each',
    producer: node('producer-bull-finished.mjs'),
    worker: node('worker-bull.mjs'),
    unfinished: unfinishedInBull,
  },
  removed: {
    name: 'the same with removeOnComplete',
    producer: node('producer-bull-finished.mjs'),
    args: ['remove'],
    worker: node('worker-bull.mjs'),
    unfinished: unfinishedInBull,
  },
  listeners: {
    name: 'Bull, two queue-wide listeners',
    producer: node('producer-bull-listeners.mjs'),
    worker: node('worker-bull.mjs'),
    unfinished: unfinishedInBull,
  },
  restarted: {
    name: 'the same, the server restarted',
    producer: node('producer-bull-listeners.mjs'),
    worker: node('worker-bull.mjs'),
    restart: true,
    unfinished: unfinishedInBull,
  },
};
