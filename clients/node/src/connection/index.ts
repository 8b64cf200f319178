// From what the user gives (a client, a URL, options) to a source of connections.

import { IoredisSource, type IoredisClient } from './ioredis.js';
import { NodeRedisSource, type NodeRedisClient, type NodeRedisCluster, type NodeRedisSentinel } from './node-redis.js';
import type { Source } from './source.js';

/**
 * A client of ioredis or node-redis (standalone, with Sentinel, or of a cluster), from which connections are duplicated; or a URL
 * (`redis://…`), or the options of one of the two, for a client that this package makes and closes.
 */
export type ConnectionLike = IoredisClient | NodeRedisClient | NodeRedisCluster | NodeRedisSentinel | string | ConnectionOptions;

/** Options for `new Redis(…)` of ioredis; with `url` or `socket` for `createClient(…)` of node-redis. */
export type ConnectionOptions = Record<string, unknown>;

const LAZY = { lazyConnect: true };

/** The source of connections for what the user gave, or for what is one. */
export function sourceOf(given: ConnectionLike | Source): Source {
  if (given instanceof IoredisSource || given instanceof NodeRedisSource) return given;
  if (typeof given === 'string') return isInstalled('ioredis') ? madeByIoredis(given) : madeByNodeRedis({ url: given });
  if ('callBuffer' in given) return new IoredisSource(given as IoredisClient, false);
  if ('sendCommand' in given) return new NodeRedisSource(given as NodeRedisClient, false);
  const options = given as ConnectionOptions;
  return 'url' in options || 'socket' in options ? madeByNodeRedis(options) : madeByIoredis(options);
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
