// The Redis clients that the package works with. Each scenario runs with all of them, or with those it is about.

import { test } from 'node:test';
import * as ioredis5 from 'ioredis';
import * as ioredis6 from 'ioredis-6';
import * as redis5 from 'redis';
import * as redis6 from 'redis-6';

function ioredis(name, { Redis, Cluster }) {
  return {
    name,
    connect: (t, url, options = {}) => closing(t, new Redis(url, options), (client) => client.disconnect()),
    lazy: (url) => new Redis(url, { lazyConnect: true }),
    cluster: (t, urls) => closing(t, new Cluster(urls), (client) => client.disconnect()),
    sentinel: (t, port, name) => closing(t, new Redis({ sentinels: [{ host: '127.0.0.1', port }], name }), (client) => client.disconnect()),
  };
}

function nodeRedis(name, { createClient, createCluster, createSentinel }, options = {}) {
  const opened = async (t, client) => {
    closing(t, client, () => client.destroy());
    await client.connect();
    return client;
  };
  return {
    name,
    connect: (t, url) => opened(t, createClient({ url, ...options })),
    lazy: (url) => createClient({ url, ...options }),
    cluster: (t, urls) => opened(t, createCluster({ rootNodes: urls.map((url) => ({ url })), ...options })),
    sentinel: (t, port, name) => opened(t, createSentinel({ sentinelRootNodes: [{ host: '127.0.0.1', port }], name, ...options })),
  };
}

function closing(t, client, close) {
  client.on('error', () => {}); // scenarios break connections
  t.after(() => close(client));
  return client;
}

export const clients = [
  ioredis('ioredis 5', ioredis5),
  ioredis('ioredis 6', ioredis6),
  nodeRedis('node-redis 5', redis5),
  nodeRedis('node-redis 5, RESP3', redis5, { RESP: 3 }),
  nodeRedis('node-redis 6', redis6),
];

/**
 * Registers a test of this name that runs `body(t, client)` with each of the clients: all at once, or `oneByOne` where it
 * measures time. `only` chooses some of them by name.
 */
export function scenario(name, body, { only = () => true, oneByOne = false } = {}) {
  const chosen = clients.filter((client) => only(client.name));
  test(name, { timeout: 240_000, concurrency: oneByOne ? 1 : chosen.length }, async (t) => {
    await Promise.all(chosen.map((client) => t.test(client.name, (t) => body(t, client))));
  });
}
