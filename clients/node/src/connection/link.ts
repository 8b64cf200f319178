// A connection that is opened when it is needed, and again after it has failed. It follows a queue through a cluster, and
// gives up on a reply that takes too long.

import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError, ReadOnlyError, ServerStateError, toJqError, type JqError } from '../errors.js';
import type { Address, Connection, Source, Word } from './source.js';

/** Milliseconds after which a command without BLOCK counts as lost. */
export const REPLY_LIMIT = 10_000;

export class Link {
  readonly #source: Source;
  readonly #key: string;
  readonly #greet: (connection: Connection) => Promise<void>;
  #opening?: Promise<Connection>;
  #connection?: Connection;
  /** Where a cluster has sent us, and whether the slot is still on its way there. */
  #redirection?: { address: Address; isAsking: boolean };
  #isClosed = false;

  /** A link to the server that has `key`. `greet` is the first that is done with each new connection. */
  constructor(source: Source, key: string, greet: (connection: Connection) => Promise<void> = async () => {}) {
    this.#source = source;
    this.#key = key;
    this.#greet = greet;
  }

  /** The connection, while there is one. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** The connection, which is opened if there is none. Every failure is a JqError. */
  opened(): Promise<Connection> {
    return this.#use(REPLY_LIMIT, (opening) => opening);
  }

  /** Sends a command once. Every failure is a JqError. */
  send(command: Word[], limit = REPLY_LIMIT): Promise<unknown> {
    return this.#use(limit, (opening) => this.#sendOver(opening, command));
  }

  /** Ends the connection. Commands without a reply are rejected. */
  close(): void {
    this.#isClosed = true;
    this.#connection = undefined;
    if (this.#opening) close(this.#opening);
  }

  async #use<T>(limit: number, act: (opening: Promise<Connection>) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new ConnectionError('the connection is closed');
    const opening = (this.#opening ??= this.#open());
    try {
      return await within(limit, act(opening));
    } catch (thrown) {
      const error = toJqError(thrown);
      if (error instanceof ConnectionError || error instanceof ReadOnlyError || error instanceof ServerStateError) {
        this.#leave(opening, error);
      }
      throw error;
    }
  }

  async #open(): Promise<Connection> {
    const connection = await this.#source.open(this.#key, this.#redirection?.address);
    await this.#greet(connection);
    if (!this.#isClosed) this.#connection = connection;
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
    if (this.#opening !== opening) return; // another command has noticed it before
    this.#opening = undefined;
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
