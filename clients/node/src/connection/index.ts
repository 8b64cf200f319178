// From what the user gives (a client, a URL, options) to a source of connections.

import { IoredisSource, type IoredisClient } from './ioredis.js';
import { NodeRedisSource, type NodeRedisClient, type NodeRedisCluster } from './node-redis.js';
import type { Source } from './source.js';

/**
 * A client of ioredis or node-redis (standalone or cluster), from which connections are duplicated; or a URL
 * (`redis://…`), or the options of one of the two, for a client that this package makes and closes.
 */
export type ConnectionLike = IoredisClient | NodeRedisClient | NodeRedisCluster | string | ConnectionOptions;

/** Options for `new Redis(…)` of ioredis; with `url` or `socket` for `createClient(…)` of node-redis. */
export type ConnectionOptions = Record<string, unknown>;

const LAZY = { lazyConnect: true };

/** The source of connections for what the user gave. */
export function sourceOf(given: ConnectionLike): Source {
  if (typeof given === 'string') return isInstalled('ioredis') ? madeByIoredis(given) : madeByNodeRedis({ url: given });
  if ('callBuffer' in given) return new IoredisSource(given as IoredisClient, false);
  if ('sendCommand' in given) return new NodeRedisSource(given as NodeRedisClient | NodeRedisCluster, false);
  return 'url' in given || 'socket' in given ? madeByNodeRedis(given) : madeByIoredis(given);
}

function isInstalled(name: string): boolean {
  try {
    return Boolean(require.resolve(name));
  } catch {
    return false;
  }
}

function madeByIoredis(options: string | ConnectionOptions): Source {
  const { Redis } = require('ioredis');
  const client = typeof options === 'string' ? new Redis(options, LAZY) : new Redis({ ...options, ...LAZY });
  client.on('error', () => {}); // commands wait until there is a connection
  return new IoredisSource(client, true);
}

function madeByNodeRedis(options: ConnectionOptions): Source {
  const client = require('redis').createClient(options);
  client.on('error', () => {});
  return new NodeRedisSource(client, true);
}
