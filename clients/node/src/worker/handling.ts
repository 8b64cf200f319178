// From what a handler does to the answer that is sent.

import { StoppedError, type NotNowError } from '../errors.js';
import { encode, type PayloadFormat } from '../payload.js';
import type { Job } from './job.js';
import type { Answer } from './run.js';

/** What does the work of a job. What it returns is the RESULT, if anything. */
export type Handler<Payload> = (job: Job<Payload>) => unknown;

/** Something around each call of a handler: it awaits `next`, and returns what it returned. */
export type Middleware<Payload> = (job: Job<Payload>, next: () => Promise<unknown>) => unknown;

/** The handler inside its middleware; the first one is outermost. */
export function wrapped<Payload>(handler: Handler<Payload>, middleware: Middleware<Payload>[]): Handler<Payload> {
  return middleware.reduceRight<Handler<Payload>>((next, around) => (job) => around(job, async () => next(job)), handler);
}

/** The answer for a value that a handler has returned. */
export function success(value: unknown, format: PayloadFormat): Answer {
  if (value === undefined) return { kind: 'ack' };
  try {
    return { kind: 'ack', result: encode(value, format) };
  } catch (error) {
    return { kind: 'nack', error: error as Error, isFatal: true };
  }
}

/** The answer for what a handler has thrown. */
export function failure(thrown: unknown, signal: AbortSignal): Answer {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  // By the code, not by the class: a program may have this package twice.
  const { code } = error as Partial<NotNowError>;
  if (code === 'NOTNOW') return { kind: 'release', delay: (error as NotNowError).delay };
  if (signal.reason instanceof StoppedError) return { kind: 'release' };
  return { kind: 'nack', error, isFatal: code === 'FATAL' };
}
