// How far an import is: a bar on a terminal, otherwise a line every few seconds. Both on stderr; stdout has the report.

import { SingleBar } from 'cli-progress';

const LINE_EVERY_MS = 5_000;

export function progressOf(name) {
  return process.stderr.isTTY ? new Bar(name) : new Lines(name);
}

class Bar {
  #bar;

  constructor(name) {
    const format = `${name} {bar} {percentage} % | {value} of {total} jobs, {state} | {eta_formatted} left`;
    this.#bar = new SingleBar({ format, stream: process.stderr, hideCursor: true, clearOnComplete: true });
  }

  begin(total) {
    this.#bar.start(total, 0, { state: '' });
  }

  advance(jobs, state) {
    this.#bar.increment(jobs, { state });
  }

  end() {
    this.#bar.stop();
  }
}

class Lines {
  #name;
  #total = 0;
  #done = 0;
  #next = 0;

  constructor(name) {
    this.#name = name;
  }

  begin(total) {
    this.#total = total;
    this.#next = performance.now() + LINE_EVERY_MS;
  }

  advance(jobs, state) {
    this.#done += jobs;
    if (performance.now() < this.#next) return;
    this.#next += LINE_EVERY_MS;
    console.error(`${this.#name}: ${this.#done} of ${this.#total} jobs, ${state}`);
  }

  end() {}
}
