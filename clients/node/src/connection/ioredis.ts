// ioredis 5 and 6: standalone, with Sentinel, and in a cluster.

import { location, type Address, type Connection, type Source, type Word } from './source.js';

/** The part of an ioredis client, of either version, that is used. */
export interface IoredisClient {
  callBuffer(command: string, ...words: Word[]): Promise<unknown>;
  disconnect(): void;
  readonly isCluster?: boolean;
}

interface IoredisNode extends IoredisClient {
  duplicate(override: object): IoredisNode;
  connect(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  readonly options: { host?: string; port?: number };
}

interface IoredisCluster extends IoredisClient {
  nodes(role: 'master'): IoredisNode[];
  connect(): Promise<void>;
  readonly status: string;
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
    return send(this.#client, command);
  }

  async open(address?: Address): Promise<Connection> {
    const node = this.#client.isCluster
      ? await oneOf(this.#client as IoredisCluster, address)
      : (this.#client as IoredisNode);
    const client = node.duplicate({ ...ONE_LIFE, ...location(address) });
    let reason: Error | undefined;
    client.on('error', (error) => (reason = error));
    await client.connect().catch((error) => {
      client.disconnect();
      throw reason ?? error;
    });
    return { send: (command) => send(client, command), close: () => client.disconnect() };
  }

  close(): void {
    if (this.#isOwn) this.#client.disconnect();
  }
}

function send(client: IoredisClient, [name, ...words]: Word[]): Promise<unknown> {
  return client.callBuffer(String(name), ...words);
}

/** The primary at `address`, or one by chance: it redirects to the right one. */
async function oneOf(cluster: IoredisCluster, address?: Address): Promise<IoredisNode> {
  if (cluster.status === 'wait') await cluster.connect();
  const nodes = cluster.nodes('master');
  const named = nodes.find(({ options }) => options.host === address?.host && options.port === address?.port);
  const node = named ?? nodes[Math.floor(Math.random() * nodes.length)];
  if (!node) throw new Error('the cluster client knows no primary yet');
  return node;
}
