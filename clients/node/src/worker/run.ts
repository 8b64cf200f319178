// One run: a job from its claim until its answer is answered.

import { LostError, StoppedError, type LostReason } from '../errors.js';
import { toMap, toNumber } from '../reply.js';

/** What a worker says when a handler has ended. */
export type Answer =
  | { kind: 'ack'; result?: Buffer }
  | { kind: 'nack'; error: Error; isFatal: boolean }
  | { kind: 'release'; delay?: number };

/** A claimed job, as the worker keeps it. */
export class Run {
  readonly queue: string;
  readonly token: number;
  /** The id as bytes, as it is sent back. */
  readonly id: Buffer;
  /** All fields of the claim, under the names of the manual. */
  readonly claimed: Map<string, unknown>;
  /** When the lease ends as far as the worker knows, by the monotonic clock (ms). */
  leaseEnd: number;
  /** Whether there is an answer, so that no other is sent. */
  isAnswered = false;
  /** Why the job is not this worker's any more, as far as the worker knows. */
  lost?: LostReason;
  readonly #abort = new AbortController();

  /** @param map The job as CLAIM … FULL replies it. */
  constructor(queue: string, map: unknown, leaseEnd: number) {
    this.queue = queue;
    this.claimed = toMap(map);
    this.token = toNumber(this.claimed.get('token'));
    this.id = this.claimed.get('id') as Buffer;
    this.leaseEnd = leaseEnd;
  }

  /** The handler's signal. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The token and the id, as ACK and others take them. */
  get pair(): [number, Buffer] {
    return [this.token, this.id];
  }

  /** Raises the signal: the job is not this worker's any more. Returns false if that was known. */
  lose(reason: LostReason): boolean {
    if (this.lost) return false;
    this.lost = reason;
    this.#abort.abort(new LostError(reason));
    return true;
  }

  /** Raises the signal: the worker stops. */
  stop(): void {
    this.#abort.abort(new StoppedError());
  }
}

/** Why a run is lost, by the answer below 0 that says so. */
export function lostReason(answer: number): LostReason {
  if (answer === -3) return 'cancelled';
  return answer === -1 ? 'removed' : 'lease';
}
