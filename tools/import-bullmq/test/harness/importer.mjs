// The importer as its users run it: a process with a command line.

import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../main.mjs', import.meta.url));

/** Runs the importer, and gives its exit code and what it has written. */
export async function runImporter(from, to, ...words) {
  return new Promise((resolve) => {
    const command = [PROGRAM, '--from', from, '--to', to, ...words];
    execFile(process.execPath, command, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
  });
}

/** Starts the importer, for a test that kills it. */
export function startImporter(t, from, to, ...words) {
  const child = spawn(process.execPath, [PROGRAM, '--from', from, '--to', to, ...words], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  return child;
}
