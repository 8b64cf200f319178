// The import of one queue: what there is, state by state and chunk by chunk, and what became of it.

import { isOfFlow, losses, readJob, tickOf } from './job.mjs';
import { Line } from './line.mjs';
import { scheduleCommands } from './schedules.mjs';

/** In the order in which they would run: BullMQ looks at its waiting list before it looks at priorities. */
export const STATES = ['waiting', 'prioritized', 'delayed', 'failed'];

/**
 * Reads all jobs of `source` and adds them to `target`, unless it is a dry run. `progress` is told of each chunk.
 * Throws where going on makes no sense: no connection, no right, a full queue.
 */
export async function importQueue(source, target, settings, progress) {
  const counts = await source.counts();
  const schedulers = await source.schedulers();
  const result = { counts, states: {}, leftOut: {}, losses: new Map(), refusals: [], schedules: [] };
  const { maxBackoff } = await target.settings();
  if (!settings.isDryRun) await target.checkRights();

  const run = { source, target, settings, result, schedulers, maxBackoff, ticks: new Map(), line: new Line(counts.withPriority) };
  progress.begin(STATES.reduce((sum, state) => sum + counts[state], 0));
  try {
    for (const state of STATES) await importState(run, state, progress);
  } finally {
    progress.end(); // gives the terminal its cursor back
  }
  result.schedules = await scheduleCommands(source, target.key, schedulers, run.ticks);
  return result;
}

async function importState(run, state, progress) {
  const outcomes = (run.result.states[state] = { read: 0, added: 0, duplicate: 0, refused: 0, 'kept back': 0 });
  for await (const chunk of run.source.jobs(state)) {
    const jobs = chunk.map((raw) => judged(run, raw, state)).filter((job) => job !== undefined);
    outcomes.read += jobs.length;
    if (!run.settings.isDryRun) await placeAll(run, jobs, state, outcomes);
    progress.advance(chunk.length, state);
    if (outcomes['kept back'] > 0) return; // as long as that lasts, no other failed job would get in either
  }
}

/** Sends the jobs of a chunk together, in their order. */
async function placeAll({ target, settings, result }, jobs, state, outcomes) {
  const placed = await Promise.all(jobs.map((job) => target.place(job, state, job.placedPriority, settings)));
  for (const [at, { outcome, reason }] of placed.entries()) {
    outcomes[outcome] += 1;
    if (outcome === 'refused') result.refusals.push(`${jobs[at].id}: ${reason}`);
  }
}

/** The job, with the priority that it gets; or undefined, and counted as left out. */
function judged(run, raw, state) {
  if (raw.opts === undefined && raw.data === undefined) return left(run, 'missing');
  const job = read(run, raw, state);
  if (!job) return undefined;
  job.placedPriority = state === 'waiting' ? run.line.next(job.priority) : job.priority;
  const tick = tickOf(job);
  if (state !== 'failed' && tick && run.schedulers.get(tick.scheduler) === tick.instant) {
    run.ticks.set(tick.scheduler, job);
    return left(run, 'nextTicks');
  }
  if (isOfFlow(job)) return left(run, 'ofFlows');
  for (const loss of losses(job, run.maxBackoff)) run.result.losses.set(loss, (run.result.losses.get(loss) ?? 0) + 1);
  return job;
}

/** The job; or undefined, and counted as refused, if its options cannot be read. */
function read({ source, result }, raw, state) {
  try {
    return readJob(raw, source.library);
  } catch (error) {
    result.states[state].refused += 1;
    result.refusals.push(`${raw.id}: its options are no JSON: ${error.message}`);
    return undefined;
  }
}

function left({ result }, why) {
  result.leftOut[why] = (result.leftOut[why] ?? 0) + 1;
  return undefined;
}
