// ioredis 5 and 6: standalone, with Sentinel, and in a cluster.

import calculateSlot = require('cluster-key-slot');
import type { Socket } from 'node:net';
import { toJqError } from '../errors.js';
import { location, type Address, type Connection, type Source, type Word } from './source.js';

/** The part of an ioredis client, of either version, that is used. */
export interface IoredisClient {
  callBuffer(command: string, ...words: Word[]): Promise<unknown>;
  disconnect(): void;
  readonly isCluster?: boolean;
  /** The socket, while it is connected. A client of a cluster has none of its own. */
  readonly stream?: Socket;
  readonly options?: { enableAutoPipelining?: boolean; autoPipeliningIgnoredCommands?: string[] };
}

interface IoredisNode extends IoredisClient {
  duplicate(override: object): IoredisNode;
  connect(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  readonly options: IoredisClient['options'] & { host?: string; port?: number };
}

interface IoredisCluster extends IoredisClient {
  nodes(role: 'master'): IoredisNode[];
  connect(): Promise<void>;
  readonly status: string;
  /** For each slot its nodes as `host:port`, the primary first. */
  readonly slots: string[][];
}

/** Nothing is sent again, nothing reconnects, and no timeout ends a command that waits: connection/link.ts does that. */
const ONE_LIFE = {
  lazyConnect: true,
  retryStrategy: null,
  sentinelRetryStrategy: null,
  reconnectOnError: null,
  autoResendUnfulfilledCommands: false,
  enableAutoPipelining: false,
  maxRetriesPerRequest: null,
  commandTimeout: undefined,
  socketTimeout: undefined,
  blockingTimeout: undefined,
  disconnectTimeout: 100,
};

/** Connections like those of an ioredis client. */
export class IoredisSource implements Source {
  readonly #client: IoredisClient;
  readonly #isOwn: boolean;

  /** `isOwn`: the client was made by this package, and ends with the source. */
  constructor(client: IoredisClient, isOwn: boolean) {
    this.#client = client;
    this.#isOwn = isOwn;
  }

  send(command: Word[]): Promise<unknown> {
    return this.#client.isCluster ? sendToOwner(this.#client as IoredisCluster, command) : sendTogether(this.#client, command);
  }

  async open(key: string, address?: Address): Promise<Connection> {
    const node = this.#client.isCluster
      ? await nodeFor(this.#client as IoredisCluster, key, address)
      : (this.#client as IoredisNode);
    const client = node.duplicate({ ...ONE_LIFE, ...location(address) });
    let reason: Error | undefined;
    client.on('error', (error) => (reason = error));
    await client.connect().catch((error) => {
      client.disconnect();
      throw reason ?? error;
    });
    const server = `${client.stream?.remoteAddress} ${client.stream?.remotePort}`;
    return { server, send: (command) => send(client, command), close: () => client.disconnect() };
  }

  close(): void {
    if (this.#isOwn) this.#client.disconnect();
  }
}

function send(client: IoredisClient, [name, ...words]: Word[]): Promise<unknown> {
  keepOutOfPipelines(client, String(name));
  return client.callBuffer(String(name), ...words);
}

/**
 * The first command of a turn of the event loop goes out at once, and all others of it in one write, so that the server reads
 * and answers them together. ioredis would write each by itself.
 */
function sendTogether(client: IoredisClient, command: Word[]): Promise<unknown> {
  const reply = send(client, command);
  const socket = client.stream;
  if (socket?.writableCorked === 0) {
    socket.cork();
    process.nextTick(() => socket.uncork());
  }
  return reply;
}

/** The automatic pipelines of ioredis lose the name of a command that is sent by callBuffer: they would send the key as it. */
function keepOutOfPipelines({ options }: IoredisClient, name: string): void {
  if (!options?.enableAutoPipelining || options.autoPipeliningIgnoredCommands?.includes(name)) return;
  options.autoPipeliningIgnoredCommands = [...options.autoPipeliningIgnoredCommands ?? [], name];
}

/** ioredis does not know which words of a JQ command are keys, and asks any node first. This asks the right one. */
async function sendToOwner(cluster: IoredisCluster, command: Word[]): Promise<unknown> {
  const node = owner(cluster, String(command[1]));
  if (!node) return send(cluster, command);
  return sendTogether(node, command).catch((error) => {
    // The cluster client follows, or waits for the next owner.
    if (['MOVED', 'ASK', 'CONNECTION'].includes(toJqError(error).code)) return send(cluster, command);
    throw error;
  });
}

/** The primary that has `key`, as far as the cluster client knows. */
function owner(cluster: IoredisCluster, key: string): IoredisNode | undefined {
  const place = cluster.slots[calculateSlot(key)]?.[0];
  return cluster.nodes('master').find(({ options }) => `${options.host}:${options.port}` === place);
}

/** The primary at `address`, or that of `key`, or one by chance: it redirects to the right one. */
async function nodeFor(cluster: IoredisCluster, key: string, address?: Address): Promise<IoredisNode> {
  if (cluster.status === 'wait') await cluster.connect();
  const nodes = cluster.nodes('master');
  const named = nodes.find(({ options }) => options.host === address?.host && options.port === address?.port);
  const node = named ?? owner(cluster, key) ?? nodes[Math.floor(Math.random() * nodes.length)];
  if (!node) throw new Error('the cluster client knows no primary yet');
  return node;
}
