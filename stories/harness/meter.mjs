// Measures the program it is part of: live heap, resident memory, listeners and warnings about them, since `begin`.
//
// Live means after a garbage collection, so this needs `node --expose-gc`. Every look is reported at once: what the
// program was like is known however it ends.

import { report } from './child.mjs';

const INTERVAL = 200;

export class Meter {
  #emitters;
  #before;
  #most = { heap: 0, rss: 0, listeners: 0 };
  #warnings = 0;
  #timer;

  /** `emitters` tells which event emitters there are; asked again at each look. */
  constructor(emitters) {
    this.#emitters = emitters;
    process.on('warning', ({ name }) => {
      if (name === 'MaxListenersExceededWarning') this.#warnings += 1;
    });
  }

  /** From here on everything counts. */
  begin() {
    global.gc();
    this.#before = { ...this.#look(), time: Date.now() };
    this.#timer = setInterval(() => this.#measure(), INTERVAL);
  }

  end() {
    clearInterval(this.#timer);
    this.#measure();
  }

  #measure() {
    global.gc();
    const now = this.#look();
    const heap = now.heap - this.#before.heap;
    for (const name of Object.keys(now)) {
      this.#most[name] = Math.max(this.#most[name], now[name] - this.#before[name]);
    }
    const time = (Date.now() - this.#before.time) / 1_000;
    report({ ...this.#most, warnings: this.#warnings, sample: [time, heap] });
  }

  #look() {
    const { heapUsed: heap, rss } = process.memoryUsage();
    return { heap, rss, listeners: listenersOf(this.#emitters()) };
  }
}

function listenersOf(emitters) {
  const count = (emitter) => emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
  return emitters.filter(Boolean).reduce((sum, emitter) => sum + count(emitter), 0);
}
