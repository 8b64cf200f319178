// A test that runs with each of the libraries.

import { test } from 'node:test';
import { libraries } from './libraries.mjs';
import { withServers } from './servers.mjs';

/** Registers a test of this name for each library, or those that `only` chooses: `body({ t, library, from, to, open })`. */
export function scenario(name, body, only = () => true) {
  for (const library of libraries.filter(only)) {
    const run = (t) => withServers(t, library, (bed) => body({ t, library, ...bed }));
    test(`${library.name}: ${name}`, { timeout: 120_000 }, run);
  }
}
