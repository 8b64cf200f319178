// Two private servers: one for the libraries, one with the module. Both let a test compare all that they have.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Server } from '../../../../clients/node/test/harness/server.mjs';

const DIGEST = { 'enable-debug-command': 'local' };

/** Runs `body({ from, to, open })`; `open(name)` gives a queue of the library at `from`, which is closed before the servers end. */
export async function withServers(t, library, body) {
  const [from, to] = await Promise.all([Server.start(t, { module: null, ...DIGEST }), Server.start(t, DIGEST)]);
  const opened = [];
  const open = (name) => {
    opened.push(library.open(from.port, name));
    return opened.at(-1);
  };
  try {
    await body({ from, to, open });
  } finally {
    await Promise.all(opened.map(({ queue }) => queue.close()));
  }
}

/** A number that is the same as long as nothing has changed on the server. */
export function digest(server) {
  return server.control.debug('DIGEST');
}

/** All jobs of a queue in a state, as maps of JQ.GET. */
export async function listJobs(queue, state) {
  const jobs = [];
  for (let cursor; cursor !== '0'; ) {
    const page = await queue.list(state, { cursor, count: 1_000 });
    jobs.push(...page.items);
    cursor = page.cursor;
  }
  return jobs;
}

/** Claims everything; gives the jobs in the order in which workers would get them. */
export async function claimAll(queue) {
  const jobs = [];
  for (;;) {
    const claimed = await queue.call('JQ.CLAIM', 'test', 'COUNT', 1_000, 'FULL');
    if (claimed === null) return jobs;
    for (const map of claimed) jobs.push(Object.fromEntries(map.flatMap((word, at) => (at % 2 ? [] : [[word, map[at + 1]]]))));
  }
}

/** Types lines into redis-cli; gives what it prints. */
export async function redisCli(server, lines) {
  const child = promisify(execFile)('redis-cli', ['-p', String(server.port)]);
  child.child.stdin.end(lines.join('\n'));
  return (await child).stdout;
}
