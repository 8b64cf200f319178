// How many jobs may run: claims take slots before they ask, and answers give them back.

import type { Run } from './run.js';

/** How a worker uses its slots. */
export interface Shape {
  /** How many jobs may run at a time. */
  slots: number;
  /** How many jobs a handler gets at a time at most. */
  group: number;
}

export class Slots {
  readonly #group: number;
  readonly #begin: (group: Run[]) => void;
  #free: number;
  /** Runs that were found without a claim of theirs (HELD) and have no slot yet. */
  #backlog: Run[] = [];
  #taker?: () => void;
  #isClosed = false;

  /** `begin` starts a handler for a group of runs. */
  constructor({ slots, group }: Shape, begin: (group: Run[]) => void) {
    this.#free = slots;
    this.#group = group;
    this.#begin = begin;
  }

  /** Waits for free slots and takes them, as many as a claim should ask for; none when the worker stops. */
  async take(): Promise<number> {
    while (!this.#isClosed && this.#free < this.#group) {
      await new Promise<void>((resolve) => (this.#taker = resolve));
    }
    if (this.#isClosed) return 0;
    const taken = this.#group === 1 ? this.#free : this.#group;
    this.#free -= taken;
    return taken;
  }

  /** Begins `runs` in `given` slots; what is left of either waits for the other. */
  give(given: number, runs: Run[] = []): void {
    this.#free += given;
    this.#backlog.push(...runs);
    while (this.#backlog.length > 0 && this.#free > 0) {
      const group = this.#backlog.splice(0, Math.min(this.#group, this.#free));
      this.#free -= group.length;
      this.#begin(group);
    }
    this.#taker?.();
  }

  /** No claim gets slots any more. Returns the runs that have not begun. */
  close(): Run[] {
    this.#isClosed = true;
    this.#taker?.();
    return this.#backlog.splice(0);
  }
}
