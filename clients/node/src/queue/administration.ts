// What operators do: the manual's chapter "Administration", and schedules.

import { encode } from '../payload.js';
import { kebabCase, toText, type Fields } from '../reply.js';
import { optionWords, type Instant } from '../words.js';
import { ReadingCommands, type Part, type Selectors, type State } from './reading.js';

/** What JQ.CHANGE can change of a job. */
export interface Changes {
  /** The payload of the next run. */
  payload?: unknown;
  /** The checkpoint. */
  progress?: unknown;
  /** It is due in so many ms; 0: now. */
  delay?: number;
  /** It is due at this instant. */
  at?: Instant;
  /** It joins the end of this priority. */
  priority?: number;
  /** It goes before all others of its priority. */
  front?: boolean;
}

/** Options of {@link Queue.retry}. */
export interface RetryOptions {
  /** They go before all others of their priority. */
  front?: boolean;
  /** Fields that are set. */
  set?: Record<string, string | Buffer>;
  /** Fields that are removed. */
  unset?: string[];
}

/** One round over many jobs. */
export interface Round {
  /** Give it with the next call; `0` is the end. */
  cursor: string;
  /** How many jobs were changed. */
  changed: number;
  /** Which, in the order of the changes, if `ids` asks for them. */
  ids?: string[];
}

/** What part of the selection a round takes, and what it tells. */
export interface RoundOptions extends Selectors, Part {
  /** Whether the reply names the jobs that were changed. */
  ids?: boolean;
}

/** The commands of operators. Those on ids answer for each: 1 done, 0 its state does not allow it, -1 no such job. */
export class AdministrationCommands extends ReadingCommands {
  /** JQ.RETRY: failed jobs become waiting, with fresh attempts. */
  async retry(ids: string | string[], options: RetryOptions = {}): Promise<number[]> {
    return this.numbers('JQ.RETRY', ...list(ids), ...optionWords(options));
  }

  /** JQ.RERUN: completed jobs run once more, with fresh attempts. */
  async rerun(ids: string | string[], options: RetryOptions = {}): Promise<number[]> {
    return this.numbers('JQ.RERUN', ...list(ids), ...optionWords(options));
  }

  /** JQ.CANCEL: a job that has not started is cancelled now, the worker of an active one is told. */
  async cancel(ids: string | string[]): Promise<number[]> {
    return this.numbers('JQ.CANCEL', ...list(ids));
  }

  /** JQ.PROMOTE: delayed jobs, and jobs on hold, become waiting now, or in `delay` ms. */
  async promote(ids: string | string[], options: { delay?: number; front?: boolean } = {}): Promise<number[]> {
    return this.numbers('JQ.PROMOTE', ...list(ids), ...optionWords(options));
  }

  /** JQ.REMOVE: jobs that are not active, records, and remembered ids. */
  async remove(ids: string | string[]): Promise<number[]> {
    return this.numbers('JQ.REMOVE', ...list(ids));
  }

  /** JQ.RETRY *: one round over the failed jobs that are selected. Go on with the cursor until it is `0`. */
  async retryAll(options: RoundOptions & { front?: boolean } = {}): Promise<Round> {
    return this.#round('JQ.RETRY', '*', options);
  }

  /** JQ.CANCEL *: one round over the unfinished jobs that are selected. */
  async cancelAll(options: RoundOptions = {}): Promise<Round> {
    return this.#round('JQ.CANCEL', '*', options);
  }

  /** JQ.PROMOTE *: one round over the delayed jobs that are selected. */
  async promoteAll(options: RoundOptions & { front?: boolean } = {}): Promise<Round> {
    return this.#round('JQ.PROMOTE', '*', options);
  }

  /** JQ.PURGE: one round that removes records or ids, or cancels jobs; `older` than so many ms. */
  async purge(state: Exclude<State, 'active'>, options: RoundOptions & { older?: number } = {}): Promise<Round> {
    return this.#round('JQ.PURGE', state, options);
  }

  /** JQ.CHANGE: 1 changed, 0 the state of the job does not allow one of these, -1 no such job. */
  async change(id: string, changes: Changes): Promise<number> {
    const { payload, progress, ...others } = changes;
    const bytes = (value: unknown) => (value === undefined ? undefined : encode(value, this.format));
    return this.number('JQ.CHANGE', id, ...optionWords({ payload: bytes(payload), progress: bytes(progress), ...others }));
  }

  /** JQ.PAUSE: nothing is claimed any more, of the queue or of a group; with `for` the pause ends by itself. */
  async pause(options: { group?: string; for?: number } = {}): Promise<boolean> {
    return (await this.number('JQ.PAUSE', ...optionWords(options))) === 1;
  }

  /** JQ.RESUME: ends both kinds of pause, or `only` one. */
  async resume(options: { group?: string; only?: 'pause' | 'for' } = {}): Promise<boolean> {
    return (await this.number('JQ.RESUME', ...optionWords(options))) === 1;
  }

  /** JQ.CONFIG: the settings (`keepCompleted` is the manual's `keep-completed`); with an argument it sets some first. */
  async config(settings: Record<string, string | number> = {}): Promise<Fields> {
    const words = Object.entries(settings).flatMap(([name, value]) => [kebabCase(name), value]);
    if (words.length > 0) await this.send('JQ.CONFIG', ...words);
    return (await this.fields('JQ.CONFIG')) as Fields;
  }

  /** JQ.GROUP: the state and limits of a group; with an argument it sets some limits first. */
  async group(name: string, limits: { concurrency?: number | 'default'; rate?: string | 'default' } = {}): Promise<Fields> {
    const words = Object.entries(limits).flat();
    if (words.length > 0) await this.send('JQ.GROUP', name, ...words);
    return (await this.fields('JQ.GROUP', name)) as Fields;
  }

  /** JQ.EMIT: puts an event of the application into the queue's order, and gives its position; null if it keeps none. */
  async emit(event: string, fields: Record<string, string | Buffer> = {}, options: { job?: string } = {}): Promise<string | null> {
    const position = await this.send('JQ.EMIT', event, ...optionWords({ id: options.job }), ...Object.entries(fields).flat());
    return position === null ? null : toText(position);
  }

  /** JQ.TRIMEVENTS: drops the oldest events until `count` are left. Returns how many were dropped. */
  async trimEvents(count: number): Promise<number> {
    return this.number('JQ.TRIMEVENTS', count);
  }

  async #round(command: string, which: string, options: RoundOptions): Promise<Round> {
    const words = optionWords({ ...options, cursor: options.cursor ?? '0' });
    const [cursor, reply] = (await this.send(command, which, ...words)) as unknown[];
    if (!Array.isArray(reply)) return { cursor: toText(cursor), changed: Number(reply) };
    return { cursor: toText(cursor), changed: reply.length, ids: reply.map(toText) };
  }
}

function list(ids: string | string[]): string[] {
  return typeof ids === 'string' ? [ids] : ids;
}

