// A private Redis server with the module loaded. It has a free port of 127.0.0.1 and a temporary folder, which is removed
// when the server stops.
//
//   REDIS_SERVER   the server to start; default: redis-server of the PATH
//   JQ_MODULE      the module to load; default: target/release/libredis_jq.so of this project

import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import Redis from 'ioredis';
import { ended, until } from './wait.mjs';
import { Usage } from './usage.mjs';

const BUILT = fileURLToPath(new URL('../../target/release/libredis_jq.so', import.meta.url));
const START_LIMIT = 20_000;

// Starts the command in "$@". When the pipe at descriptor 3 is closed, a watcher kills it and removes its folder; a line
// in the pipe makes the watcher end without doing so. The kernel closes the pipe however the story ends, so a killed story
// leaves no server behind. `exec` keeps the process id, so $$ of the watcher is the server. A worker that has not ended
// yet may create a file while the folder is removed, so the removal is tried twice.
const UNTIL_PIPE_ENDS = `
  (read -r _ <&3 || { kill -9 $$; rm -rf "$FOLDER" || { sleep 1; rm -rf "$FOLDER"; }; }) >/dev/null 2>&1 &
  exec "$@" 3<&-
`;

export class Server {
  /** What the server has used, summed over its restarts. */
  usage = new Usage();
  #settings;
  #process;
  #lifeline;

  /** Starts a server with `settings` as in redis.conf. */
  static async start(settings = {}) {
    const server = new Server();
    server.#settings = settings;
    server.folder = mkdtempSync(join(tmpdir(), 'redis-jq-story-'));
    server.port = await freePort();
    await server.#launch();
    return server;
  }

  /** Ends the server at once, as a crash does. Its files stay. */
  async kill() {
    await this.usage.ending(this.control);
    this.control.disconnect();
    this.#process.kill('SIGKILL');
    await ended(this.#process);
    // The watcher must end without removing the folder.
    this.#lifeline.end('\n');
  }

  /** Starts the server again after `kill`, with the same port and folder. */
  async restart() {
    await this.#launch();
  }

  /** Ends the server and removes its folder. */
  async stop() {
    this.control.disconnect();
    this.#lifeline.end();
    await ended(this.#process);
    await until(() => !existsSync(this.folder), 5_000, `${this.folder} is still there`);
  }

  async #launch() {
    const args = ['--bind', '127.0.0.1', '--port', this.port, '--dir', this.folder, '--save', ''];
    args.push('--loadmodule', resolve(process.env.JQ_MODULE ?? BUILT));
    for (const [name, value] of Object.entries(this.#settings)) {
      args.push(`--${name}`, ...String(value).split(' '));
    }
    const server = [process.env.REDIS_SERVER ?? 'redis-server', ...args.map(String)];
    const log = openSync(join(this.folder, 'server.log'), 'w');
    this.#process = spawn('sh', ['-c', UNTIL_PIPE_ENDS, 'sh', ...server], {
      // The server gets a process group of its own: Ctrl-C ends the story, and the closed pipe then ends the server.
      detached: true,
      env: { ...process.env, FOLDER: this.folder },
      stdio: ['ignore', log, log, 'pipe'],
    });
    closeSync(log);
    this.#lifeline = this.#process.stdio[3];
    await this.#connect();
    await this.usage.started();
  }

  /** Waits until the server replies, and checks that it is the process that was started. */
  async #connect() {
    this.control = new Redis({ port: this.port, maxRetriesPerRequest: null, retryStrategy: () => 20 });
    this.control.on('error', () => {}); // connections fail until the server listens
    const answers = until(async () => {
      if (this.#process.exitCode !== null) throw new Error(`the server ended at once:\n${this.#log()}`);
      return this.control.status === 'ready';
    }, START_LIMIT, 'the server does not answer');
    await answers.catch((error) => {
      this.control.disconnect();
      throw error;
    });
    const info = await this.control.info('server');
    if (!info.includes(`process_id:${this.#process.pid}\r`)) throw new Error(`another server has port ${this.port}`);
    this.version = info.match(/^(?:valkey|redis)_version:(.*)\r$/m)[1];
  }

  #log() {
    return readFileSync(join(this.folder, 'server.log'), 'utf8');
  }
}

/**
 * A free port below the range from which the system takes ports for outgoing connections, so that a killed server can
 * have the same port again.
 */
async function freePort() {
  for (let tried = 0; tried < 100; tried += 1) {
    const port = 10_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port in 100 attempts');
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
