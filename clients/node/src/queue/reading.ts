// What is in a queue: the manual's chapter "Reading", and the logs of jobs.

import type { Word } from '../connection/source.js';
import { decodeIfPossible, textOrBytes } from '../payload.js';
import { toFields, toText, type Fields } from '../reply.js';
import { optionWords, type Instant } from '../words.js';
import { QueueBase, type Page } from './base.js';

/** Where a job is in its life; `remembered` are ids without a record. */
export type State = 'waiting' | 'delayed' | 'blocked' | 'active' | 'completed' | 'failed' | 'remembered';

/** Which jobs of a state are meant; a job has to meet all. */
export interface Selectors {
  /** Those of this group. */
  group?: string;
  /** Members of this batch. */
  batch?: string;
  /** Active jobs that this worker holds, records of jobs that it ran last. */
  worker?: string;
  /** Those of this name. */
  name?: string;
  /** The lowest and the highest priority, both included. */
  priority?: [number, number];
  /** Those that finished, or where they have not, were added, at this instant or later. */
  since?: Instant;
  /** The same, before this instant. */
  until?: Instant;
}

/** What part of the selection is meant. */
export interface Part {
  /** From the end: newest first. */
  rev?: boolean;
  /** How many at most; default: as the manual says. */
  count?: number;
  /** The cursor of the page before; `0` begins. */
  cursor?: string;
}

/** Options of {@link Queue.list} and {@link Queue.ids}. */
export interface ListOptions extends Selectors, Part {
  /** Begins behind so many that it would list. */
  skip?: number;
}

/** Which page of a listing. */
export interface PageOptions {
  /** How many items at most; default: 10. */
  count?: number;
  /** The cursor of the page before; `0` begins. */
  cursor?: string;
}

/** The lines of a job's log. */
export interface LogLines {
  /** How many lines the job has had; the oldest may not be kept any more. */
  total: number;
  /** The lines; bytes where they are no text. */
  lines: (string | Buffer)[];
}

/** What happened in one minute. */
export interface Minute {
  /** When the minute began, Unix milliseconds. */
  minute: number;
  /** Jobs that were added. */
  added: number;
  /** Jobs that were completed. */
  completed: number;
  /** Jobs that have failed for good. */
  failed: number;
}

/** The commands that change nothing. */
export class ReadingCommands extends QueueBase {
  /** JQ.GET: all that is known of a job; null if its id is unknown. */
  async get(id: string): Promise<Fields | null> {
    return this.fields('JQ.GET', id);
  }

  /** JQ.LIST … FULL PAYLOAD: one page of the jobs of a state, in the order in which they would run or have finished. */
  async list(state: State, options: ListOptions = {}): Promise<Page<Fields>> {
    const parts: Word[] = state === 'remembered' ? [] : ['FULL', 'PAYLOAD'];
    const [cursor, items] = (await this.send('JQ.LIST', state, ...optionWords(options), ...parts)) as [unknown, unknown[]];
    const toItem = (item: unknown) => toFields(item, this.format) ?? { id: textOrBytes(item as Buffer) };
    return { cursor: toText(cursor), items: items.map(toItem) };
  }

  /** JQ.LIST: one page of ids. */
  async ids(state: State, options: ListOptions = {}): Promise<Page<string>> {
    const [cursor, items] = (await this.send('JQ.LIST', state, ...optionWords(options))) as [unknown, unknown[]];
    return { cursor: toText(cursor), items: items.map(toText) };
  }

  /** JQ.COUNT: how many jobs of a state there are. */
  async count(state: State, selectors: Omit<Selectors, 'batch'> = {}): Promise<number> {
    return this.number('JQ.COUNT', state, ...optionWords(selectors));
  }

  /** JQ.STATS: the numbers of the queue. */
  async stats(): Promise<Fields> {
    return (await this.fields('JQ.STATS')) as Fields;
  }

  /** JQ.EXPLAIN: why nothing runs, or why this job does not; null if the id is unknown. */
  async explain(id?: string): Promise<Fields | null> {
    return this.fields('JQ.EXPLAIN', ...(id === undefined ? [] : [id]));
  }

  /** JQ.WORKERS: one page of the workers by name. */
  async workers(options: PageOptions = {}): Promise<Page<Fields>> {
    return this.page('JQ.WORKERS', ...optionWords(options));
  }

  /** JQ.GROUPS: one page of the groups by name. */
  async groups(options: PageOptions = {}): Promise<Page<Fields>> {
    return this.page('JQ.GROUPS', ...optionWords(options));
  }

  /** JQ.NAMES: one page of the kinds of jobs, with their numbers. */
  async names(options: PageOptions = {}): Promise<Page<Fields>> {
    return this.page('JQ.NAMES', ...optionWords(options));
  }

  /** JQ.SERIES: the last minutes (1 to 20160), newest first. */
  async series(minutes = 60): Promise<Minute[]> {
    const rows = (await this.send('JQ.SERIES', minutes)) as unknown[][];
    return rows.map((row) => {
      const [minute, added, completed, failed] = row.map(Number);
      return { minute, added, completed, failed };
    });
  }

  /** JQ.CHECK: what a recount of everything finds wrong; empty when the queue is sound. */
  async check(): Promise<string[]> {
    return ((await this.send('JQ.CHECK')) as unknown[]).map(toText);
  }

  /** JQ.LOGS: lines of a job's log, the oldest first; null if there is no such job. */
  async logs(id: string, options: { skip?: number; count?: number; rev?: boolean } = {}): Promise<LogLines | null> {
    const reply = (await this.send('JQ.LOGS', id, ...optionWords(options))) as [unknown, Buffer[]] | null;
    return reply && { total: Number(reply[0]), lines: reply[1].map(textOrBytes) };
  }

  protected decoded(bytes: unknown): unknown {
    return bytes instanceof Buffer ? decodeIfPossible(bytes, this.format) : bytes;
  }
}
