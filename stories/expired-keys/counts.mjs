// What the pods of a process heard and what they were answered.

import { report } from '../harness/child.mjs';

const INTERVAL = 100;

export class Counts {
  #facts = { ready: false, heard: 0, answered: 0 };

  /** A pod heard a key and now makes its call, which tells the outcome. */
  async call(add) {
    this.#facts.heard += 1;
    const outcome = await add();
    this.#facts.answered += 1;
    this.#facts[outcome] = (this.#facts[outcome] ?? 0) + 1;
  }

  /** All pods listen. From now on the story is told how things stand. */
  open() {
    this.#facts.ready = true;
    report(this.#facts);
    setInterval(() => report(this.#facts), INTERVAL);
  }
}
