// Schedulers as commands: what to type into redis-cli so that the server does here what BullMQ's scheduler does there.

import { readJob, templateWords } from './job.mjs';

/**
 * One entry for each scheduler: `command`, and `mind`, sentences about what it does not say. `schedulers` are the instants
 * of their next jobs, `ticks` these jobs, as far as they were found.
 */
export async function scheduleCommands(source, key, schedulers, ticks) {
  const entries = [];
  for (const [name, next] of schedulers) {
    const scheduler = definition(await source.scheduler(name), ticks.get(name), source.library);
    entries.push(scheduler ? { command: command(key, name, next, scheduler), mind: [...minding(scheduler)] } : missing(name));
  }
  return entries;
}

/**
 * What a scheduler does, from its hash (BullMQ from 5.13 on), or from its next job: Bull and older BullMQ keep what it adds
 * nowhere else.
 */
function definition(hash, tick, library) {
  const repeat = hash.pattern || hash.every ? hash : tick?.opts.repeat;
  if (!repeat || (hash.data === undefined && hash.opts === undefined && !tick)) return undefined;
  const template = hash.data === undefined && tick ? tick : templateOf(hash, library);
  return {
    cron: repeat.pattern ?? repeat.cron,
    every: Number(repeat.every),
    tz: repeat.tz,
    from: repeat.startDate,
    until: repeat.endDate,
    limit: repeat.limit,
    payload: hash.data ?? tick?.data?.toString() ?? '{}',
    template,
  };
}

function templateOf({ name, opts = '{}' }, library) {
  return readJob({ name, opts, priority: JSON.parse(opts).priority }, library);
}

function command(key, name, next, { cron, every, tz, from, until, payload, template }) {
  return [
    'JQ.SCHEDULE', key, name, payload,
    ...(cron ? ['CRON', cron, ...(tz ? ['TZ', tz] : [])] : ['EVERY', every]),
    ...(cron ? instant('FROM', from) : grid(next, every, from)),
    ...instant('UNTIL', until),
    ...templateWords(template),
    ...(template.priority === 0 ? [] : ['PRIORITY', template.priority]),
  ].map(quoted).join(' ');
}

/** From the next job on, unless it is on the grid of the epoch anyway. */
function grid(next, every, from) {
  return next % every === 0 && from === undefined ? [] : ['FROM', next];
}

function instant(word, date) {
  return date === undefined ? [] : [word, /^\d+$/.test(date) ? Number(date) : new Date(date).getTime()];
}

function* minding({ cron, tz, limit }) {
  if (cron && !tz) yield 'it had no time zone, so that of its process was meant: here UTC is, unless you add TZ zone';
  if (limit) yield `it had a limit of ${limit} jobs, which there is no option for`;
}

function missing(name) {
  return { command: `# ${name}: its next job is not there, so what it adds is not known`, mind: [] };
}

/** A word as redis-cli reads it. */
function quoted(word) {
  const text = String(word);
  return /^[\w.:@/+-]+$/.test(text) ? text : `'${text.replaceAll("'", "\\'")}'`;
}
