// A connection that is opened when it is needed, and again after it has failed. It follows a queue through a cluster, and
// gives up on a reply that takes too long.

import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError, ReadOnlyError, ServerStateError, toJqError, type JqError } from '../errors.js';
import type { Address, Connection, Source, Word } from './source.js';

/** Milliseconds after which a command without BLOCK counts as lost. */
export const REPLY_LIMIT = 10_000;

export class Link {
  readonly #source: Source;
  readonly #greet: (connection: Connection) => Promise<void>;
  #connection?: Promise<Connection>;
  /** Where a cluster has sent us, and whether the slot is still on its way there. */
  #redirection?: { address: Address; isAsking: boolean };
  #isClosed = false;

  /** `greet` is the first that is done with each new connection. */
  constructor(source: Source, greet: (connection: Connection) => Promise<void> = async () => {}) {
    this.#source = source;
    this.#greet = greet;
  }

  /** Sends a command once. Every failure is a JqError. */
  async send(command: Word[], limit = REPLY_LIMIT): Promise<unknown> {
    if (this.#isClosed) throw new ConnectionError('the connection is closed');
    const opening = (this.#connection ??= this.#open());
    try {
      return await within(limit, this.#sendOver(opening, command));
    } catch (thrown) {
      const error = toJqError(thrown);
      if (error instanceof ConnectionError || error instanceof ReadOnlyError || error instanceof ServerStateError) {
        this.#leave(opening, error);
      }
      throw error;
    }
  }

  /** Ends the connection. Commands without a reply are rejected. */
  close(): void {
    this.#isClosed = true;
    if (this.#connection) close(this.#connection);
  }

  async #open(): Promise<Connection> {
    const connection = await this.#source.open(this.#redirection?.address);
    await this.#greet(connection);
    return connection;
  }

  async #sendOver(opening: Promise<Connection>, command: Word[]): Promise<unknown> {
    const connection = await opening;
    if (this.#redirection?.isAsking) connection.send(['ASKING']).catch(() => {});
    return connection.send(command);
  }

  /** The next command goes over a new connection: to where the error points, or to whom the client names. */
  #leave(opening: Promise<Connection>, error: JqError): void {
    close(opening);
    if (this.#connection !== opening) return; // another command has noticed it before
    this.#connection = undefined;
    this.#redirection = redirection(error);
  }
}

function redirection({ code, message }: JqError): { address: Address; isAsking: boolean } | undefined {
  if (code !== 'MOVED' && code !== 'ASK') return undefined;
  const place = message.split(' ')[2];
  const colon = place.lastIndexOf(':'); // the host may be an IPv6 address
  const address = { host: place.slice(0, colon), port: Number(place.slice(colon + 1)) };
  return { address, isAsking: code === 'ASK' };
}

function close(opening: Promise<Connection>): void {
  opening.then((connection) => connection.close()).catch(() => {});
}

async function within<T>(limit: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ConnectionError(`no reply within ${limit} ms`)), limit);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const FIRST_WAIT = 50;
const LONGEST_WAIT = 2_000;

/** Waits that grow from 50 ms to 2 s, each between half and all of it, so that workers do not come back in step. */
export class Backoff {
  #wait = FIRST_WAIT;

  /** Resolves after the next wait, or as soon as `signal` is raised. */
  async wait(signal?: AbortSignal): Promise<void> {
    const ms = this.#wait * (0.5 + Math.random() / 2);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
    await sleep(ms, undefined, { signal }).catch(() => {});
  }

  /** The next wait is the first again. */
  reset(): void {
    this.#wait = FIRST_WAIT;
  }
}
