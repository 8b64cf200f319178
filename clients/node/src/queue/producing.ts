// How jobs get into a queue: the manual's chapter "Producing", schedules, and keys that expire.

import { uuidv7 } from 'uuidv7';
import type { Word } from '../connection/source.js';
import { ConnectionError } from '../errors.js';
import { encode } from '../payload.js';
import { toFields, toText, type Fields } from '../reply.js';
import { optionWords, type Instant } from '../words.js';
import { AdministrationCommands } from './administration.js';

/** Options of a job, the keywords of JQ.ADD. Durations are milliseconds, Infinity is for ever. */
export interface JobOptions {
  delay?: number;
  at?: Instant;
  hold?: boolean;
  maxwait?: number;
  /** Smaller first. */
  priority?: number;
  front?: boolean;
  attempts?: number;
  backoff?: { fixed: number } | { exponential: number };
  /** How long the id stays refused after the job has ended. */
  dedup?: number | 'kept';
  ondup?: 'ignore' | 'replace' | 'rerun';
  px?: number;
  keep?: number;
  maxrun?: number;
  group?: string;
  /** What kind of job it is. */
  name?: string;
  /** Fields of the job. */
  set?: Record<string, string | Buffer>;
  batch?: string;
  after?: string;
  afterok?: string;
}

export interface AddOptions extends JobOptions {
  /** The id; default: a new UUIDv7. */
  id?: string;
}

/** What came of adding a job. */
export interface Added {
  id: string;
  outcome: 'added' | 'duplicate' | 'replaced' | 'rerun';
  /** The state of the job, or of a duplicate how it ended. */
  state: string;
}

/** When the ticks of a schedule are, and the options of its jobs. */
export type ScheduleOptions = ({ every: number } | { cron: string; tz?: string }) & {
  from?: Instant;
  until?: Instant;
  overlap?: 'allow' | 'skip';
} & Omit<JobOptions, 'delay' | 'at' | 'hold' | 'maxwait' | 'set'>;

/** The commands of producers. */
export class ProducingCommands extends AdministrationCommands {
  /** JQ.ADD: adds one job. */
  async add(payload: unknown, options: AddOptions = {}): Promise<Added> {
    const { id = uuidv7(), ...others } = options;
    const reply = await this.#repeated('JQ.ADD', id, encode(payload, this.format), ...optionWords(others));
    return added(reply, options.id === undefined);
  }

  /** JQ.MADD: adds all of the jobs, or none. `common` holds for each job that does not say otherwise. */
  async addMany(jobs: (AddOptions & { payload: unknown })[], common: JobOptions = {}): Promise<Added[]> {
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
