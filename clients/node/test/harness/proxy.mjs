// A proxy between a client and the server that cuts connections where a test says.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class Proxy {
  /** How many connections were cut. */
  cuts = 0;

  /**
   * Starts a proxy for the test `t` in front of `port`. The first reply to a request that contains `request` is cut behind
   * `bytes` bytes; what comes later passes.
   */
  static async start(t, port, request, bytes) {
    const proxy = new Proxy();
    const server = createServer((client) => proxy.#pass(client, port, request, bytes));
    const sockets = new Set();
    server.on('connection', (socket) => sockets.add(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy.url = `redis://127.0.0.1:${server.address().port}`;
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return proxy;
  }

  #pass(client, port, request, bytes) {
    const server = connect(port, '127.0.0.1');
    let left = Infinity;
    const end = () => {
      client.destroy();
      server.destroy();
    };
    client.on('data', (chunk) => {
      if (this.cuts === 0 && left === Infinity && chunk.includes(request)) left = bytes;
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (this.cuts > 0 || chunk.length < left) {
        left -= chunk.length;
        client.write(chunk);
        return;
      }
      this.cuts += 1;
      client.write(chunk.subarray(0, left), end);
    });
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
  }
}
