// A file per worker stands for the user's database, and a line is a row. A row is in the file when the write returns, so
// it stays when the worker is killed, and the story can count runs without asking Redis.

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Writes `rows` at once, which takes `ms`. */
export async function write(file, rows, ms) {
  if (ms > 0) await sleep(ms);
  appendFileSync(file, rows.map((row) => `${row}\n`).join(''));
}

/** Writes those of `rows` that are not in the file yet, as a unique key would make sure. */
export async function writeOnce(file, rows, ms) {
  const present = new Set(rowsOf([file]));
  await write(file, rows.filter((row) => !present.has(row)), ms);
}

/** All rows of these files, each as often as it was written. */
export function rowsOf(files) {
  return files.filter(existsSync).flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(0, -1));
}
