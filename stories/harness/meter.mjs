// Measures the program that imports it: live heap, resident memory, listeners and warnings about listeners since `begin`.
//
// The live heap is the heap after a garbage collection, so this needs `node --expose-gc`. Every sample is reported at once
// and is known however the program ends.

import { report } from './child.mjs';

const INTERVAL = 200;

export class Meter {
  #emitters;
  #before;
  #most = { heap: 0, rss: 0, listeners: 0 };
  #warnings = 0;
  #timer;

  /** `emitters` returns the present event emitters. It is called for each sample. */
  constructor(emitters) {
    this.#emitters = emitters;
    process.on('warning', ({ name }) => {
      if (name === 'MaxListenersExceededWarning') this.#warnings += 1;
    });
  }

  /** Starts the measurement. */
  begin() {
    global.gc();
    this.#before = { ...this.#sample(), time: Date.now() };
    this.#timer = setInterval(() => this.#measure(), INTERVAL);
  }

  end() {
    clearInterval(this.#timer);
    this.#measure();
  }

  #measure() {
    global.gc();
    const now = this.#sample();
    const heap = now.heap - this.#before.heap;
    for (const name of Object.keys(now)) {
      this.#most[name] = Math.max(this.#most[name], now[name] - this.#before[name]);
    }
    const time = (Date.now() - this.#before.time) / 1_000;
    report({ ...this.#most, warnings: this.#warnings, sample: [time, heap] });
  }

  #sample() {
    const { heapUsed: heap, rss } = process.memoryUsage();
    return { heap, rss, listeners: listenersOf(this.#emitters()) };
  }
}

function listenersOf(emitters) {
  const count = (emitter) => emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
  return emitters.filter(Boolean).reduce((sum, emitter) => sum + count(emitter), 0);
}
