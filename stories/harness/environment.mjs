// Where one way of doing the work is played: a private server, other processes, and a bare stage when it is over.

import { Part } from './process.mjs';
import { until } from './wait.mjs';
import { Server } from './server.mjs';

// The pipes to server and parts close with this process, and that ends them.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

class Stage {
  #parts = [];

  constructor(server) {
    this.server = server;
  }

  /** A connection for looking and steering. */
  get control() {
    return this.server.control;
  }

  /** Starts a part: a program and its arguments. */
  start(command, heard) {
    const part = new Part(command, heard);
    this.#parts.push(part);
    return part;
  }

  /** Waits until `condition` holds; fails as soon as a part has failed. */
  async until(condition, ms, otherwise, pause) {
    await until(async () => {
      const failure = this.#parts.map((part) => part.failure).find(Boolean);
      if (failure) throw new Error(failure);
      return condition();
    }, ms, otherwise, pause);
  }

  async clear() {
    for (const part of this.#parts) part.leave();
    await Promise.all(this.#parts.map((part) => part.over));
    await this.server.stop();
  }
}

/** Runs `play` on a stage of its own, with a server of these settings, for `ms` at most. */
export async function inEnvironment(settings, ms, play) {
  const stage = new Stage(await Server.start(settings));
  let late;
  const deadline = new Promise((_, reject) => {
    late = setTimeout(() => reject(new Error(`not over after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([play(stage), deadline]);
  } finally {
    clearTimeout(late);
    await stage.clear();
  }
}
