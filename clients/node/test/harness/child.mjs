// A worker process of a test, and what it has said.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('worker-process.mjs', import.meta.url));

/** Starts a worker process for the test `t`. It ends with the test, and with this process. */
export function startWorker(t, { url, queue, name, lease, kind }) {
  const child = fork(PROGRAM, [url, queue, name, String(lease), kind], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const said = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line)));
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  t.after(kill);
  return { said, kill, count: (what) => said.filter((one) => one.what === what).length };
}
