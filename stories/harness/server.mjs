// A private Redis with the module loaded: a free port of 127.0.0.1, a temporary folder, and both are gone afterwards.
//
//   REDIS_SERVER   redis-server of the PATH unless set
//   JQ_MODULE      target/release/libredis_jq.so of this project unless set

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

// Starts the command in "$@" and ends it, folder and all, when the pipe at 3 is closed; a line in it calls that off.
// The kernel closes the pipe however the story ends, so a killed story leaves no server behind either. `exec` keeps the
// process id: $$ of the watcher is the server. A worker that has not ended yet may put a file into the folder meanwhile.
const UNTIL_PIPE_ENDS = `
  (read -r _ <&3 || { kill -9 $$; rm -rf "$FOLDER" || { sleep 1; rm -rf "$FOLDER"; }; }) >/dev/null 2>&1 &
  exec "$@" 3<&-
`;

export class Server {
  /** What the server has used in all its lives. */
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

  /** Ends it at once, as a crash does; its files stay. */
  async kill() {
    await this.usage.leave(this.control);
    this.control.disconnect();
    this.#process.kill('SIGKILL');
    await ended(this.#process);
    // The watcher has nothing to watch over any more, and must not remove the folder.
    this.#lifeline.end('\n');
  }

  /** Starts it again after `kill`: the same port, and what is in its folder. */
  async restart() {
    await this.#launch();
  }

  /** Ends it, and removes its folder. */
  async stop() {
    this.control.disconnect();
    this.#lifeline.end();
    await ended(this.#process);
    await until(() => !existsSync(this.folder), 5_000, `${this.folder} is still there`);
  }

  async #launch() {
    const words = ['--bind', '127.0.0.1', '--port', this.port, '--dir', this.folder, '--save', ''];
    words.push('--loadmodule', resolve(process.env.JQ_MODULE ?? BUILT));
    for (const [name, value] of Object.entries(this.#settings)) {
      words.push(`--${name}`, ...String(value).split(' '));
    }
    const server = [process.env.REDIS_SERVER ?? 'redis-server', ...words.map(String)];
    const log = openSync(join(this.folder, 'server.log'), 'w');
    this.#process = spawn('sh', ['-c', UNTIL_PIPE_ENDS, 'sh', ...server], {
      // A group of its own: Ctrl-C ends the story, and the closed pipe then ends the server.
      detached: true,
      env: { ...process.env, FOLDER: this.folder },
      stdio: ['ignore', log, log, 'pipe'],
    });
    closeSync(log);
    this.#lifeline = this.#process.stdio[3];
    await this.#greet();
    await this.usage.enter(this.control);
  }

  /** Waits until this very process answers. */
  async #greet() {
    this.control = new Redis({ port: this.port, maxRetriesPerRequest: null, retryStrategy: () => 20 });
    this.control.on('error', () => {}); // until it listens
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

/** A port below those from which the system takes ports for outgoing connections: a killed server gets it again. */
async function freePort() {
  for (let tried = 0; tried < 100; tried += 1) {
    const port = 10_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port in 100 attempts');
}

function isFree(port) {
  return new Promise((resolve) => {
    const listener = createServer();
    listener.once('error', () => resolve(false));
    listener.listen(port, '127.0.0.1', () => listener.close(() => resolve(true)));
  });
}
