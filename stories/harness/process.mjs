// A program that a story starts: its start, its reports, its end. No process outlives the story.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ended } from './wait.mjs';

const STORIES = fileURLToPath(new URL('..', import.meta.url));

/** A process, started as `command` in the folder stories/. It ends when its standard input is closed. */
export class StoryProcess {
  /** All that the process has reported, merged. A later value of a name replaces the earlier one. */
  facts = {};
  /** What the process wrote to standard error. */
  errors = '';
  /** The signal that asked the process to end. */
  stopSignal = null;

  constructor(command, onReport = () => {}) {
    const [program, ...args] = command.map(String);
    this.name = command.slice(0, 2).join(' ');
    this.process = spawn(program, args, { cwd: STORIES, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    this.process.stdin.on('error', () => {}); // the process has ended, and `failure` says how
    this.process.stderr.setEncoding('utf8').on('data', (text) => {
      this.errors += text;
    });
    createInterface({ input: this.process.stdout }).on('line', (line) => {
      const facts = JSON.parse(line);
      Object.assign(this.facts, facts);
      onReport(facts);
    });
    this.closed = new Promise((resolve) => this.process.once('close', resolve));
  }

  /** How the process failed, or undefined. */
  get failure() {
    const { exitCode, signalCode } = this.process;
    const endedAsAsked = (exitCode ?? 0) === 0 && (signalCode ?? this.stopSignal) === this.stopSignal;
    if (this.killed || endedAsAsked) return undefined;
    return `${this.name} ended with ${exitCode ?? signalCode}:\n${this.errors}`;
  }

  /** Ends the process with kill -9 and waits until it has ended. */
  async kill() {
    this.killNow();
    await ended(this.process);
  }

  /** Asks the process to end, and waits until its last report is read. */
  async stop(limit = 15_000) {
    this.stopSignal = 'SIGTERM'; // a process that was still starting ends by this signal
    this.process.kill(this.stopSignal);
    const late = setTimeout(() => this.process.kill('SIGKILL'), limit);
    await this.closed;
    clearTimeout(late);
    if (this.failure) throw new Error(this.failure);
  }

  /** Sends kill -9 and does not wait. */
  killNow() {
    this.killed = true;
    this.process.kill('SIGKILL');
  }
}
