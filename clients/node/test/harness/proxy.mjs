// A proxy between a client and the server that cuts connections where a test says.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class Proxy {
  /** How many connections were cut. */
  cuts = 0;
  /** What ends each connection. */
  #ends = new Set();

  /**
   * Starts a proxy for the test `t` in front of `port`. The first reply to a request that contains `request` is cut behind
   * `bytes` bytes; what comes later passes.
   */
  static async start(t, port, request = 'nothing', bytes = 0) {
    const proxy = new Proxy();
    const server = createServer((client) => proxy.#pass(client, port, request, bytes));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy.url = `redis://127.0.0.1:${server.address().port}`;
    t.after(() => {
      for (const end of proxy.#ends) end();
      server.close();
    });
    return proxy;
  }

  /** Cuts each connection by a chance of one half. */
  cutSome() {
    for (const end of [...this.#ends].filter(() => Math.random() < 0.5)) {
      end();
      this.cuts += 1;
    }
  }

  #pass(client, port, request, bytes) {
    const server = connect(port, '127.0.0.1');
    let left = Infinity;
    const end = () => {
      client.destroy();
      server.destroy();
      this.#ends.delete(end);
    };
    this.#ends.add(end);
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
