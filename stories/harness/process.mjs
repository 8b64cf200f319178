// The other processes of a story: started, listened to, killed, and never left behind.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ended } from './wait.mjs';

const STORIES = fileURLToPath(new URL('..', import.meta.url));

/** One process, started as `command` from the folder stories/. It ends when its standard input does. */
export class Part {
  /** All that it reported, merged: the last word on each thing. */
  facts = {};
  /** What it wrote to standard error. */
  complaints = '';
  /** The signal by which it was asked to end. */
  asked = null;

  constructor(command, heard = () => {}) {
    const [program, ...words] = command.map(String);
    this.name = command.slice(0, 2).join(' ');
    this.process = spawn(program, words, { cwd: STORIES, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    this.process.stdin.on('error', () => {}); // it is gone: see `failure`
    this.process.stderr.setEncoding('utf8').on('data', (text) => {
      this.complaints += text;
    });
    createInterface({ input: this.process.stdout }).on('line', (line) => {
      const fact = JSON.parse(line);
      Object.assign(this.facts, fact);
      heard(fact);
    });
    this.over = new Promise((resolve) => this.process.once('close', resolve));
  }

  /** What went wrong with it, if anything. */
  get failure() {
    const { exitCode, signalCode } = this.process;
    if (this.killed || (exitCode ?? 0) === 0 && (signalCode ?? this.asked) === this.asked) return undefined;
    return `${this.name} ended with ${exitCode ?? signalCode}:\n${this.complaints}`;
  }

  /** kill -9. */
  async kill() {
    this.killed = true;
    this.process.kill('SIGKILL');
    await ended(this.process);
  }

  /** Asks it to end, and waits until its last word is read. */
  async stop(limit = 15_000) {
    this.asked = 'SIGTERM'; // one that was still starting ends of that
    this.process.kill(this.asked);
    const late = setTimeout(() => this.process.kill('SIGKILL'), limit);
    await this.over;
    clearTimeout(late);
    if (this.failure) throw new Error(this.failure);
  }

  /** Lets it go at once, whatever it is doing. */
  leave() {
    this.killed = true;
    this.process.kill('SIGKILL');
  }
}
