// A private Redis server with the module: a free port of 127.0.0.1 and a folder of its own, which goes with the server.
//
//   REDIS_SERVER   the server to start; default: redis-server of the PATH
//   JQ_MODULE      the module to load; default: target/release/libredis_jq.so of this project

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { until } from './wait.mjs';

export const MODULE = resolve(
  process.env.JQ_MODULE ?? fileURLToPath(new URL('../../../../target/release/libredis_jq.so', import.meta.url)),
);

// Starts the command in "$@". When the pipe at descriptor 3 is closed, a watcher kills it and removes its folder; a line in
// the pipe makes the watcher end without doing so. The kernel closes the pipe however the tests end, so no server is left
// behind. `exec` keeps the process id, so $$ of the watcher is the server.
const UNTIL_PIPE_ENDS = `
  (read -r _ <&3 || { kill -9 $$; sleep 0.2; rm -rf "$FOLDER"; }) >/dev/null 2>&1 &
  exec "$@" 3<&-
`;

export class Server {
  /** A connection for what a test asks the server itself. */
  control;

  /**
   * Starts a server for the test `t`, which stops it. `settings` as in redis.conf; `module` is another file
   * with its arguments, or none.
   */
  static async start(t, settings = {}) {
    const server = new Server();
    server.folder = mkdtempSync(join(tmpdir(), 'redis-jq-node-'));
    server.settings = settings;
    t.after(() => server.stop());
    for (;;) {
      server.port = await freePort();
      try {
        await server.launch();
        return server;
      } catch (error) {
        // Another program may take the port just before the server does.
        if (!error.message.includes('Address already in use')) throw error;
        rmSync(join(server.folder, 'log'));
      }
    }
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts the process, also after {@link kill}, with the same port and folder. */
  async launch() {
    const { module = MODULE, sentinel, ...settings } = this.settings;
    const words = sentinel ? [sentinel, '--sentinel'] : ['--save', ''];
    words.push('--bind', '127.0.0.1', '--port', this.port, '--dir', this.folder);
    if (module && !sentinel) words.push('--loadmodule', ...module.split(' '));
    for (const [name, value] of Object.entries(settings)) words.push(`--${name}`, ...String(value).split(' '));
    const log = openSync(join(this.folder, 'log'), 'a');
    const command = [process.env.REDIS_SERVER ?? 'redis-server', ...words.map(String)];
    this.process = spawn('sh', ['-c', UNTIL_PIPE_ENDS, 'sh', ...command], {
      detached: true, // Ctrl-C ends the tests, and the closed pipe then ends the server
      env: { ...process.env, FOLDER: this.folder },
      stdio: ['ignore', log, log, 'pipe'],
    });
    closeSync(log);
    this.control = new Redis({ port: this.port, maxRetriesPerRequest: null, retryStrategy: () => 20 });
    this.control.on('error', () => {}); // until the server listens
    await until(() => {
      if (this.process.exitCode !== null) {
        this.control.disconnect();
        this.process.stdio[3].end('\n');
        throw new Error(readFileSync(join(this.folder, 'log'), 'utf8'));
      }
      return this.control.status === 'ready';
    }, 'the server does not answer');
  }

  /** Ends the server as a crash does. Its folder stays. */
  async kill() {
    this.control.disconnect();
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.stdio[3].end('\n'); // the watcher ends without removing the folder
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }

  async stop() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** How often the server was asked each command since it was last reset. */
  async calls() {
    const info = await this.control.info('commandstats');
    return Object.fromEntries([...info.matchAll(/^cmdstat_(.+?):calls=(\d+)/gm)].map(([, name, calls]) => [name, Number(calls)]));
  }
}

/** How much above its port a server of a cluster listens for the others. */
const BUS = 10_000;

/**
 * A free port below 18,000 whose bus is free, too; both below those that the system gives to outgoing connections, so that a killed server
 * can have them again.
 */
async function freePort() {
  for (;;) {
    const port = BUS + Math.floor(Math.random() * (BUS - 2_000));
    if ((await isFree(port)) && (await isFree(port + BUS))) return port;
  }
}

async function isFree(port) {
  const probe = createServer().listen(port, '127.0.0.1');
  const isListening = await new Promise((resolve) => {
    probe.once('listening', () => resolve(true)).once('error', () => resolve(false));
  });
  if (isListening) await new Promise((resolve) => probe.close(resolve));
  return isListening;
}
