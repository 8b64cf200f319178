// What a job of Bull or BullMQ is here: an id, a payload, and the words of JQ.ADD. docs/coming-from-bullmq.md is the table.

/** The largest duration that the server takes. */
const TEN_YEARS = 10 * 365 * 86_400_000;
const DEFAULT_NAME = '__default__';

/**
 * Where the two differ.
 *
 * Priorities: smaller first in both. BullMQ runs jobs without one (0) before all others, as the module does, and Bull runs
 * them last, so there the others become negative.
 *
 * Exponential backoff: the wait after the n-th failure.
 */
const LIBRARIES = {
  bull: {
    priority: (own) => (own === 0 ? 0 : Math.min(own, 2 ** 31 - 1) - 2 ** 31),
    wait: (failures, delay) => Math.round((2 ** failures - 1) * delay),
  },
  bullmq: {
    priority: (own) => own,
    wait: (failures, delay) => Math.round(2 ** (failures - 1) * delay),
  },
};

/** A job as the source has it, with its options read. Throws if they are no JSON. */
export function readJob(raw, library) {
  const opts = JSON.parse(raw.opts ?? '{}');
  return {
    ...raw,
    library,
    opts,
    priority: LIBRARIES[library].priority(Number(raw.priority ?? 0)),
    /** How often it may fail in all, and has failed. */
    attempts: Math.max(1, opts.attempts ?? 1),
    attemptsMade: Number(raw.atm ?? raw.attemptsMade ?? 0),
    /** What it has stored by updateProgress; 0 is where all begin. */
    progress: raw.progress === '0' ? undefined : raw.progress,
  };
}

/** Whether the job is a part of a flow. */
export function isOfFlow({ parentKey, isParent }) {
  return Boolean(parentKey) || isParent;
}

/** The scheduler that has added the job, and for which instant; undefined if none has. */
export function tickOf({ id, rjk, opts }) {
  const scheduler = rjk ?? opts.repeat?.key;
  return scheduler === undefined ? undefined : { scheduler, instant: Number(id.slice(id.lastIndexOf(':') + 1)) };
}

/**
 * The options of the job as words of JQ.ADD, all but the priority. A job that has failed before gets the attempts that are
 * left and goes on with the wait that is next; one that has failed for good has all of them again when it is retried.
 */
export function jobWords(job, state, { dedup, hasTimestamps }) {
  const failures = state === 'failed' ? 0 : job.attemptsMade;
  return [
    ...templateWords(job, failures),
    ...(state === 'delayed' ? ['AT', Math.floor(job.score / 4096)] : []), // 12 bits of the score are the order within it
    ...(job.opts.timeout > 0 ? ['MAXRUN', job.opts.timeout] : []),
    'DEDUP', dedup,
    ...fieldWords(job, state, hasTimestamps),
  ];
}

/** The options that a scheduler gives its jobs, too. */
export function templateWords({ name, opts, library, attempts }, failures = 0) {
  return [
    ...(name === undefined || name === DEFAULT_NAME ? [] : ['NAME', name]),
    'ATTEMPTS', Math.max(1, attempts - failures),
    ...backoffWords(opts.backoff, library, failures),
  ];
}

function backoffWords(backoff, library, failures) {
  const { type, delay } = normal(backoff);
  if (type === 'fixed') return ['BACKOFF', 'FIXED', delay];
  if (type !== 'exponential') return [];
  return ['BACKOFF', 'EXPONENTIAL', Math.min(LIBRARIES[library].wait(failures + 1, delay), TEN_YEARS)];
}

/** A number is a fixed wait, and nothing is none. */
function normal(backoff) {
  if (!backoff) return { type: 'fixed', delay: 0 };
  if (typeof backoff === 'number') return { type: 'fixed', delay: backoff };
  return { type: backoff.type, delay: backoff.delay ?? 0 };
}

/** What there is no option for, under the names that BullMQ has for it. */
function fieldWords({ timestamp, finishedOn, attemptsMade }, state, hasTimestamps) {
  const isFailed = state === 'failed';
  return [
    ...(hasTimestamps || isFailed ? ['SET', 'timestamp', timestamp] : []),
    ...(isFailed && finishedOn ? ['SET', 'finishedOn', finishedOn] : []),
    ...(attemptsMade > 0 ? ['SET', 'attemptsMade', attemptsMade] : []),
  ];
}

/** What of the job is not carried, as sentences for a count of jobs. */
export function* losses(job, maxBackoff) {
  const { type, delay } = normal(job.opts.backoff);
  if (type !== 'fixed' && type !== 'exponential') yield 'have a backoff of your own, and get the one of the queue';
  if (job.opts.backoff?.jitter) yield 'have jitter in their backoff: here it is a setting, JQ.CONFIG queue jitter percent';
  if (longestWait(job, type, delay) > maxBackoff) yield `have a longer backoff than max-backoff of the queue, ${maxBackoff} ms`;
  if (job.deid) yield 'have a deduplication id, which refuses nothing here: the id of the job does';
}

function longestWait({ attempts, library }, type, delay) {
  if (attempts === 1) return 0;
  return type === 'exponential' ? LIBRARIES[library].wait(attempts - 1, delay) : delay;
}

/** The newest of the stack traces, as lines. */
export function traceLines({ stacktrace }) {
  const traces = JSON.parse(stacktrace ?? '[]') ?? [];
  return traces.length === 0 ? [] : String(traces.at(-1)).split('\n');
}
