// The answers to one queue travel together: while some are on their way, the others are collected. They are repeated until
// they are answered, or until the lease is over.

import { Backoff, type Link } from '../connection/link.js';
import type { Word } from '../connection/source.js';
import { ConnectionError, OutOfMemoryError, passes, RefusedError, toJqError, type JqError } from '../errors.js';
import { answerCommands, type AnswerCommand, type Pending } from './answer-commands.js';
import type { Answer, Run } from './run.js';

/** How many answers one request carries at most. */
const ROUND = 1_000;

/** What answers need of their worker. */
export interface AnswersOwner {
  /** Raised when nobody waits for answers any more. */
  readonly givenUp: AbortSignal;
  linkTo(queue: string): Link;
  /** For how many of the slots that an answer frees it may ask for jobs at once. */
  next(queue: string, slots: number): number;
  /** The words that ask for up to `count` jobs beside an answer. */
  nextWords(count: number): Word[];
  /** Slots of a request that asks for jobs: what tells how many are still its own when the reply comes. */
  lend(queue: string, slots: number): () => number;
  /** Begins the jobs that came with an answer, in the slots that it has freed. `since`: before the request (ms). */
  begin(queue: string, jobs: unknown[], slots: number, since: number): void;
  /** Notes that an answer has asked for `asked` jobs and got `got`. */
  noteNext(queue: string, asked: number, got: number): void;
  /** The answer counts: `reply` is the server's number, 0 or more. */
  ended(run: Run, answer: Answer, reply: number): void;
  /** The job is not this worker's any more: `reply` is below 0. */
  lost(run: Run, reply: number): void;
  /** The answer does not count, or is not sent. */
  dropped(run: Run): void;
  /** A claim into so many slots may have been lost with its reply. */
  doubt(queue: string, slots: number): void;
  /** The server, or the way to it, fails; the worker goes on. */
  failing(error: JqError): void;
  /** Waiting does not help: the worker ends. */
  broken(error: JqError): void;
}

export class Answers {
  readonly #queue: string;
  readonly #owner: AnswersOwner;
  readonly #backoff = new Backoff();
  #waiting: Pending[] = [];
  #isSending = false;

  constructor(queue: string, owner: AnswersOwner) {
    this.#queue = queue;
    this.#owner = owner;
  }

  /** Sends the answer with the next request. `hasSlot`: it may ask for another job. */
  push(run: Run, answer: Answer, hasSlot: boolean): void {
    this.#waiting.push({ run, answer, hasSlot, wasSent: false, isAlone: false });
    if (this.#isSending) return;
    this.#isSending = true;
    // What ends in the same turn of the event loop goes along.
    setImmediate(() => void this.#sendAll());
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const round = this.#waiting.splice(0, ROUND).filter((pending) => this.#isWorthSending(pending));
      const mustWait = await this.#sendRound(round);
      if (mustWait) await this.#backoff.wait(this.#owner.givenUp);
      else this.#backoff.reset();
    }
    this.#isSending = false;
  }

  /** An answer that was sent before is not repeated when the lease is over. */
  #isWorthSending({ run, wasSent, hasSlot }: Pending): boolean {
    const isLate = wasSent && performance.now() > run.leaseEnd;
    const isOurs = run.lost === undefined || run.lost === 'cancelled'; // the answer ends a cancelled job
    if (isOurs && !isLate && !this.#owner.givenUp.aborted) return true;
    if (isOurs && isLate) this.#owner.lost(run, -2);
    this.#owner.dropped(run);
    if (hasSlot) this.#owner.begin(this.#queue, [], 1, 0);
    return false;
  }

  /** Sends one request. Returns whether some of it has to wait before it is sent again. */
  async #sendRound(round: Pending[]): Promise<boolean> {
    const commands = answerCommands(this.#queue, round);
    const claiming = commands.findLast(({ mayClaim }) => mayClaim);
    const slots = round.filter(({ hasSlot }) => hasSlot).length;
    for (const pending of round) pending.hasSlot = false;
    const sent = commands.map((command) => this.#send(command, command === claiming ? slots : 0));
    if (!claiming && slots > 0) this.#owner.begin(this.#queue, [], slots, 0);
    return (await Promise.all(sent)).includes(true);
  }

  async #send({ words, answers }: AnswerCommand, freed: number): Promise<boolean> {
    const slots = freed > 0 ? this.#owner.next(this.#queue, freed) : 0;
    if (slots < freed) this.#owner.begin(this.#queue, [], freed - slots, 0);
    const next = slots > 0 ? this.#owner.nextWords(slots) : [];
    const lent = this.#owner.lend(this.#queue, slots);
    const since = performance.now();
    try {
      const reply = (await this.#owner.linkTo(this.#queue).send([...words, ...next])) as unknown[];
      const [numbers, jobs] = slots > 0 ? (reply as [unknown[], unknown[] | null]) : [reply, []];
      answers.forEach((pending, index) => this.#settle(pending, Number(numbers[index])));
      if (slots > 0) this.#owner.noteNext(this.#queue, slots, jobs?.length ?? 0);
      this.#owner.begin(this.#queue, jobs ?? [], lent(), since);
      return false;
    } catch (thrown) {
      const error = toJqError(thrown);
      if (slots > 0 && passes(error)) this.#owner.doubt(this.#queue, lent());
      else this.#owner.begin(this.#queue, [], lent(), since);
      return this.#takeBack(answers, error);
    }
  }

  #settle({ run, answer, wasSent }: Pending, reply: number): void {
    // The first time it was done; an id that is not remembered is unknown the second time.
    const isRepeatedAck = answer.kind === 'ack' && wasSent && reply === -1;
    if (reply >= 0 || isRepeatedAck) return this.#owner.ended(run, answer, Math.max(reply, 0));
    this.#owner.lost(run, reply);
    this.#owner.dropped(run);
  }

  /** The answers of a command that failed are sent again, alone if the server has refused one of them. */
  #takeBack(answers: Pending[], error: JqError): boolean {
    if (!passes(error) && !(error instanceof RefusedError)) {
      for (const { run } of answers) this.#owner.dropped(run);
      this.#owner.broken(error);
      return false;
    }
    const isRefused = error instanceof RefusedError;
    const again = isRefused && answers.length === 1 ? answers.flatMap((one) => this.#afterRefusal(one, error)) : answers;
    for (const pending of again) {
      pending.wasSent ||= error instanceof ConnectionError;
      pending.isAlone ||= isRefused || error instanceof OutOfMemoryError;
    }
    this.#waiting.unshift(...again);
    if (!isRefused) this.#owner.failing(error);
    return !isRefused;
  }

  /** A job whose answer the server refuses, for a result that is too large, fails for good and says why. */
  #afterRefusal(pending: Pending, error: JqError): Pending[] {
    if (pending.answer.kind === 'nack') {
      this.#owner.failing(error);
      this.#owner.dropped(pending.run);
      return [];
    }
    return [{ ...pending, answer: { kind: 'nack', error, isFatal: true } }];
  }
}
