// Options as the words of a command: `{ delay: 500, front: true }` is `DELAY 500 FRONT`.

import type { Word } from './connection/source.js';

/** An instant: a Date, or Unix milliseconds. */
export type Instant = Date | number;

/** Options whose numbers are durations: they are sent as whole milliseconds, rounded up, and Infinity is for ever. */
const DURATIONS = ['delay', 'maxwait', 'dedup', 'px', 'keep', 'maxrun', 'for', 'older', 'lease', 'block', 'every'];

/** The words of all options that are set: a flag is its keyword, a list follows its keyword. */
export function optionWords(options: object): Word[] {
  return Object.entries(options).flatMap(([name, value]) => words(name, value));
}

/** A duration as the server takes it. */
export function duration(ms: number): number {
  return ms === Infinity ? -1 : Math.ceil(ms);
}

function words(name: string, value: unknown): Word[] {
  const keyword = name.toUpperCase();
  if (value === undefined || value === false) return [];
  if (value === true) return [keyword];
  if (name === 'set') return Object.entries(value as object).flatMap(([field, content]) => [keyword, field, content]);
  if (name === 'unset') return (value as string[]).flatMap((field) => [keyword, field]);
  if (name === 'backoff') return [keyword, ...backoff(value as Backoff)];
  if (value instanceof Date) return [keyword, value.getTime()];
  if (Array.isArray(value)) return [keyword, ...value];
  return [keyword, DURATIONS.includes(name) && typeof value === 'number' ? duration(value) : (value as Word)];
}

/** The wait before the n-th next attempt, in ms: always the same, or ms · 2^(n−1). */
export interface Backoff {
  /** Always so many ms. */
  fixed?: number;
  /** So many ms the first time, and twice as many each further time. */
  exponential?: number;
}

function backoff({ fixed, exponential }: Backoff): Word[] {
  return fixed === undefined ? ['EXPONENTIAL', duration(exponential ?? NaN)] : ['FIXED', duration(fixed)];
}
