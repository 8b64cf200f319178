// How jobs get into a queue: the manual's chapter "Producing", schedules, and keys that expire.

import { uuidv7 } from 'uuidv7';
import type { Word } from '../connection/source.js';
import { ConnectionError } from '../errors.js';
import { encode } from '../payload.js';
import { toFields, toText, type Fields } from '../reply.js';
import { optionWords, type Backoff, type Instant } from '../words.js';
import { AdministrationCommands } from './administration.js';

/** Options of a job, the keywords of JQ.ADD. Durations are milliseconds, Infinity is for ever. */
export interface JobOptions {
  /** The job does not start before so many ms are over. */
  delay?: number;
  /** The job does not start before this instant. */
  at?: Instant;
  /** The job is blocked until `promote` names it. */
  hold?: boolean;
  /** Beside `delay` and `ondup: 'replace'`: the job is due no later than so many ms after it was first added. */
  maxwait?: number;
  /** Smaller first; default: 0. */
  priority?: number;
  /** Before all others of its priority. */
  front?: boolean;
  /** How often it may fail until it fails for good; default: as the queue says (3). */
  attempts?: number;
  /** How long to wait before the next attempt; default: as the queue says. */
  backoff?: Backoff;
  /** How long the id stays refused after the job has ended; `kept`: as long as its record is kept. */
  dedup?: number | 'kept';
  /** What to do if the id is known and its job unfinished; default: nothing. */
  ondup?: 'ignore' | 'replace' | 'rerun';
  /** The job expires if no worker has claimed it after so many ms. */
  px?: number;
  /** How long the record of the completed job stays readable, ms. */
  keep?: number;
  /** How long one run may last, however often its lease is extended, ms. */
  maxrun?: number;
  /** The lane of the queue that the job is in. */
  group?: string;
  /** What kind of job it is. */
  name?: string;
  /** Fields that the job begins with. */
  set?: Record<string, string | Buffer>;
  /** The batch that the job is a member of. */
  batch?: string;
  /** The job waits until this batch has finished. */
  after?: string;
  /** The same, and it fails if not every member was completed. */
  afterok?: string;
}

/** Options of one call that adds jobs. */
export interface CallOptions {
  /** The producer counts on so many shards ({@link ShardedQueue} says it): a queue of another number adds no new id. */
  shards?: number;
}

/** Options of {@link Queue.add}. */
export interface AddOptions extends JobOptions, CallOptions {
  /** The id; default: a new UUIDv7. */
  id?: string;
}

/** One of many jobs to be added. */
export interface NewJob extends JobOptions {
  /** The id; default: a new UUIDv7. */
  id?: string;
  /** What the worker gets. */
  payload: unknown;
}

/** What came of adding a job. */
export interface Added {
  /** The id of the job. */
  id: string;
  /** Whether this call has added it, or what it has done to the job that was there. */
  outcome: 'added' | 'duplicate' | 'replaced' | 'rerun';
  /** The state of the job, or of a duplicate how it ended. */
  state: string;
}

/** When the ticks of a schedule are, and the options of its jobs. Either `every` or `cron` is given. */
export interface ScheduleOptions extends Omit<JobOptions, 'delay' | 'at' | 'hold' | 'maxwait' | 'set'> {
  /** A tick every so many ms. */
  every?: number;
  /** A cron expression of five fields, or of six with the second first. */
  cron?: string;
  /** The time zone of `cron`; default: UTC. */
  tz?: string;
  /** No tick before this instant. */
  from?: Instant;
  /** No tick after this instant. */
  until?: Instant;
  /** Whether a tick is dropped while the job of the last one is unfinished. */
  overlap?: 'allow' | 'skip';
}

/** The commands of producers. */
export class ProducingCommands extends AdministrationCommands {
  /** JQ.ADD: adds one job. */
  async add(payload: unknown, options: AddOptions = {}): Promise<Added> {
    const { id = uuidv7(), ...others } = options;
    const reply = await this.#repeated('JQ.ADD', id, encode(payload, this.format), ...optionWords(others));
    return added(reply, options.id === undefined);
  }

  /** JQ.MADD: adds all of the jobs, or none. `common` holds for each job that does not say otherwise. */
  async addMany(jobs: NewJob[], common: JobOptions & CallOptions = {}): Promise<Added[]> {
    const pairs: Word[] = [];
    const own: Word[] = [];
    jobs.forEach(({ payload, id = uuidv7(), ...others }, index) => {
      pairs.push(id, encode(payload, this.format));
      const words = optionWords(others);
      if (words.length > 0) own.push('JOB', index + 1, ...words);
    });
    const replies = await this.#repeated('JQ.MADD', jobs.length, ...pairs, ...optionWords(common), ...own);
    return replies.map((reply, index) => added(reply as unknown[], jobs[index].id === undefined));
  }

  /** JQ.SCHEDULE: sets a schedule, and gives its next instant (Unix milliseconds); null if it has none left. */
  async schedule(name: string, payload: unknown, options: ScheduleOptions): Promise<number | null> {
    const reply = await this.send('JQ.SCHEDULE', name, encode(payload, this.format), ...optionWords(options));
    return reply === null ? null : Number(reply);
  }

  /** JQ.UNSCHEDULE: whether there was such a schedule. The jobs that it has added stay. */
  async unschedule(name: string): Promise<boolean> {
    return (await this.number('JQ.UNSCHEDULE', name)) === 1;
  }

  /** JQ.SCHEDULES: all schedules by name. */
  async schedules(): Promise<Fields[]> {
    return this.#maps(await this.send('JQ.SCHEDULES'));
  }

  /** JQ.ONEXPIRE: keys whose names begin with `prefix` become jobs when they expire; `off` ends that. */
  async onExpire(prefix: string, options: JobOptions | 'off' = {}): Promise<void> {
    await this.send('JQ.ONEXPIRE', prefix, ...(options === 'off' ? ['OFF'] : optionWords(options)));
  }

  /** JQ.ONEXPIRE: the prefixes that are set, with their numbers. */
  async expiryRules(): Promise<Fields[]> {
    return this.#maps(await this.send('JQ.ONEXPIRE'));
  }

  /** JQ.LOG: appends lines to the log of a job, and gives how many it has had; -1 if there is no such job. */
  async log(id: string, ...lines: string[]): Promise<number> {
    return this.number('JQ.LOG', id, ...lines);
  }

  #maps(reply: unknown): Fields[] {
    return (reply as unknown[]).map((map) => toFields(map, this.format) as Fields);
  }

  /** Sends once more if there is no reply: every job has an id, so none is added twice. */
  async #repeated(command: string, ...words: Word[]): Promise<unknown[]> {
    const send = () => this.send(command, ...words) as Promise<unknown[]>;
    return send().catch((error) => {
      if (error instanceof ConnectionError) return send();
      throw error;
    });
  }
}

/** An id that was made for this call is known only because the call was sent again: it has added the job. */
function added(reply: unknown[], isOwnId: boolean): Added {
  const [outcome, id, state] = reply.map(toText);
  return { id, outcome: (isOwnId && outcome === 'duplicate' ? 'added' : outcome) as Added['outcome'], state };
}
