// Counts what the pods of a process received and which replies they got.

import { report } from '../harness/child.mjs';

const INTERVAL = 100;

export class Counts {
  #facts = { ready: false, received: 0, answered: 0 };

  /** Counts a received key, runs `add` for it, and counts the outcome that `add` returns. */
  async call(add) {
    this.#facts.received += 1;
    const outcome = await add();
    this.#facts.answered += 1;
    this.#facts[outcome] = (this.#facts[outcome] ?? 0) + 1;
  }

  /** Call this when all pods have subscribed. The counts are reported to the story from now on. */
  start() {
    this.#facts.ready = true;
    report(this.#facts);
    setInterval(() => report(this.#facts), INTERVAL);
  }
}
