// node-redis (the package `redis`) 5 and 6: standalone, with Sentinel, and in a cluster.

import calculateSlot = require('cluster-key-slot');
import { location, type Address, type Connection, type Source, type Word } from './source.js';

/** The part of a node-redis client that is used. */
export interface NodeRedisClient {
  sendCommand(words: (string | Buffer)[], options?: object): Promise<unknown>;
  connect(): Promise<unknown>;
  destroy(): void;
  duplicate(override: object): NodeRedisClient;
  on(event: 'error', listener: (error: Error) => void): unknown;
  readonly isOpen: boolean;
  readonly options?: { socket?: { host?: string; port?: number } };
}

/** The part of a node-redis cluster client that is used. */
export interface NodeRedisCluster {
  sendCommand(key: string | undefined, isReadonly: boolean, words: (string | Buffer)[], options?: object): Promise<unknown>;
  nodeClient(node: never): Promise<NodeRedisClient> | NodeRedisClient;
  connect(): Promise<unknown>;
  destroy(): void;
  readonly masters: Place[];
  /** For each slot its nodes. */
  readonly slots: { master: Place }[];
}

type Place = { host: string; port: number };

/** The part of a node-redis client with Sentinel that is used. */
export interface NodeRedisSentinel {
  sendCommand(isReadonly: boolean, words: (string | Buffer)[], options?: object): Promise<unknown>;
  /** Calls `fn` with a client that is connected to the primary. There is no other way to a connection like it. */
  _execute<T>(isReadonly: boolean, fn: (client: never) => Promise<T>): Promise<T>;
  connect(): Promise<unknown>;
  destroy(): unknown;
  getMasterNode(): Place | undefined;
}

type AnyClient = NodeRedisClient | NodeRedisCluster | NodeRedisSentinel;

// The types of RESP by their first bytes, as node-redis names them: blob strings become Buffers, maps flat arrays.
const REPLIES = { typeMapping: { 36: Buffer, 37: Array, 43: String, 58: Number } };

/** Nothing reconnects, and no timeout ends a command that waits: connection/link.ts does that. */
const ONE_LIFE_SOCKET = { reconnectStrategy: false, socketTimeout: undefined };
const ONE_LIFE = {
  url: undefined, // its parts are in the other options
  disableOfflineQueue: false,
  commandOptions: undefined,
  pingInterval: undefined,
  clientSideCache: undefined,
};

/** Connections like those of a node-redis client. */
export class NodeRedisSource implements Source {
  readonly #client: AnyClient;
  readonly #isOwn: boolean;
  #opening?: Promise<unknown>;

  /** `isOwn`: the client was made by this package, and ends with the source. */
  constructor(client: AnyClient, isOwn: boolean) {
    this.#client = client;
    this.#isOwn = isOwn;
  }

  async send(command: Word[]): Promise<unknown> {
    await this.#opened();
    const client = this.#client;
    if (isCluster(client)) return client.sendCommand(String(command[1]), false, encoded(command), REPLIES);
    if (isSentinel(client)) return client.sendCommand(false, encoded(command), REPLIES);
    return client.sendCommand(encoded(command), REPLIES);
  }

  async open(key: string, address?: Address): Promise<Connection> {
    const like = await this.#clientFor(key, address);
    const socket = { ...like.options?.socket, ...location(address), ...ONE_LIFE_SOCKET };
    const client = like.duplicate({ ...ONE_LIFE, socket });
    client.on('error', () => {}); // what is sent is rejected
    await client.connect();
    return {
      server: `${socket.host} ${socket.port}`,
      send: (command) => client.sendCommand(encoded(command), REPLIES),
      close: () => client.isOpen && client.destroy(),
    };
  }

  close(): void {
    if (this.#isOwn) this.#client.destroy();
  }

  /** A client that is connected, or would be, to where a new connection is to go. */
  async #clientFor(key: string, address?: Address): Promise<NodeRedisClient> {
    const client = this.#client;
    if (!isCluster(client) && !isSentinel(client)) return client;
    await this.#opened(); // it has to know its nodes
    return isCluster(client) ? nodeFor(client, key, address) : client._execute(false, async (primary) => primary);
  }

  /** A client that this package has made is connected when it is first needed. */
  async #opened(): Promise<void> {
    if (this.#isOwn) await (this.#opening ??= this.#client.connect());
  }
}

/** node-redis takes strings and Buffers only. */
function encoded(command: Word[]): (string | Buffer)[] {
  return command.map((word) => (typeof word === 'number' ? String(word) : word));
}

function isCluster(client: AnyClient): client is NodeRedisCluster {
  return 'nodeClient' in client;
}

function isSentinel(client: AnyClient): client is NodeRedisSentinel {
  return 'getMasterNode' in client;
}

/** The primary at `address`, or that of `key`, or one by chance: it redirects to the right one. */
async function nodeFor(cluster: NodeRedisCluster, key: string, address?: Address): Promise<NodeRedisClient> {
  const { masters, slots } = cluster;
  const named = masters.find(({ host, port }) => host === address?.host && port === address?.port);
  const node = named ?? slots[calculateSlot(key)]?.master ?? masters[Math.floor(Math.random() * masters.length)];
  if (!node) throw new Error('the cluster client knows no primary yet');
  return cluster.nodeClient(node as never);
}
