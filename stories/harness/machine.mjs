// Describes the machine and the programs of a measurement.

import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The machine and the programs, in one line. `packages` are the packages of node_modules to name. */
export function machine(redis, packages) {
  const processors = cpus();
  const programs = packages.map((name) => `${name} ${version(name)}`);
  const model = processors[0].model.replace(/\((R|TM)\)/g, '');
  return [`${processors.length} cores of ${model}`, `redis ${redis}`, `node ${process.versions.node}`, ...programs].join(', ');
}

function version(name) {
  const file = fileURLToPath(new URL(`../node_modules/${name}/package.json`, import.meta.url));
  return JSON.parse(readFileSync(file, 'utf8')).version;
}
