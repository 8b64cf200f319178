// What stands for the user's database: a file per worker, a line per row. A row is in the file when the write returns,
// so a worker that is killed takes nothing with it, and nothing is counted in Redis.

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/expectations';

/** One bulk write of `rows`, which takes `ms`. */
export async function write(file, rows, ms) {
  if (ms > 0) await sleep(ms);
  appendFileSync(file, rows.map((row) => `${row}\n`).join(''));
}

/** The same for rows that may be there already: as with a unique key, a row is there once. */
export async function writeOnce(file, rows, ms) {
  const there = new Set(rowsOf([file]));
  await write(file, rows.filter((row) => !there.has(row)), ms);
}

/** All rows of these files, as often as they were written. */
export function rowsOf(files) {
  return files.filter(existsSync).flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(0, -1));
}
