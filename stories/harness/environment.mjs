// Where a scenario runs: a private server and the processes of the story. All of them end with the scenario.

import { StoryProcess } from './process.mjs';
import { Server } from './server.mjs';
import { until } from './wait.mjs';

// The pipes to the server and the processes close with this process, and that ends them.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

class Environment {
  #processes = [];

  constructor(server) {
    this.server = server;
  }

  /** The connection by which the story itself sends commands. */
  get control() {
    return this.server.control;
  }

  /** Starts a process: `command` is a program and its arguments. */
  start(command, onReport) {
    const started = new StoryProcess(command, onReport);
    this.#processes.push(started);
    return started;
  }

  /** Waits until `condition` holds. Fails as soon as a process has failed. */
  async until(condition, ms, message, pause) {
    await until(async () => {
      const failure = this.#processes.map((started) => started.failure).find(Boolean);
      if (failure) throw new Error(failure);
      return condition();
    }, ms, message, pause);
  }

  /** Ends all processes and the server. */
  async close() {
    for (const started of this.#processes) started.killNow();
    await Promise.all(this.#processes.map((started) => started.closed));
    await this.server.stop();
  }
}

/** Runs `scenario` with a private server of these settings. Fails if it takes longer than `ms`. */
export async function inEnvironment(settings, ms, scenario) {
  const environment = new Environment(await Server.start(settings));
  let timeout;
  const deadline = new Promise((_, reject) => {
    timeout = setTimeout(() => reject(new Error(`the scenario takes longer than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([scenario(environment), deadline]);
  } finally {
    clearTimeout(timeout);
    await environment.close();
  }
}
