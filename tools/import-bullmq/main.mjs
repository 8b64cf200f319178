// usage: scripts/import-bullmq --queue NAME [--queue NAME]... [--from URL] [--to URL] [--prefix PREFIX] [--key KEY]
//                              [--dedup MS] [--timestamps] [--dry-run]
//
// Copies the jobs of Bull (3, 4) and BullMQ (5, 6) into queues of redis-jq. It only reads at the source.
//
//   --queue NAME   a queue of Bull or BullMQ; may be repeated
//   --from URL     where it is; default: IMPORT_FROM of the environment, or redis://localhost:6379
//   --to URL       the server with the module; default: IMPORT_TO of the environment, or the source
//   --prefix P     what the keys of the source begin with; default: bull
//   --key KEY      the queue here; default: the name of the queue. With one --queue only
//   --dedup MS     how long an id stays refused after its job has ended; default: 86400000, a day
//   --timestamps   keep when each job was added there, as its field `timestamp` (some 240 bytes a job)
//   --dry-run      say what would be done, and change nothing

import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { readArguments } from './src/arguments.mjs';
import { importQueue } from './src/import.mjs';
import { progressOf } from './src/progress.mjs';
import { describe, isComplete } from './src/report.mjs';
import { Source, UnknownQueue } from './src/source.mjs';
import { Target } from './src/target.mjs';

/** The comment above, as far as it is about the command line. */
function usage() {
  const header = readFileSync(new URL(import.meta.url), 'utf8').split('\n\n')[0];
  return header.replaceAll(/^\/\/ ?/gm, '');
}

async function importAll(settings) {
  const from = connect(settings.from);
  const to = connect(settings.to);
  const sources = await Promise.all(settings.queues.map((name) => Source.open(from, settings.prefix, name)));
  let isAllDone = true;
  for (const source of sources) {
    const target = new Target(to, settings.key ?? source.name);
    const result = await importQueue(source, target, settings, progressOf(source.name));
    process.stdout.write(describe(source, target, result, settings));
    isAllDone &&= isComplete(result);
  }
  from.disconnect();
  to.disconnect();
  return isAllDone;
}

/** A connection that gives up after some seconds: the import can be run again. */
function connect(url) {
  const redis = new Redis(url, { maxRetriesPerRequest: 8 });
  redis.on('error', () => {}); // commands fail with it
  return redis;
}

const settings = readArguments(process.argv.slice(2), process.env);
if (settings.wrong) {
  console.error(settings.wrong === 'help' ? usage() : `import-bullmq: ${settings.wrong}\n\n${usage()}`);
  process.exit(2);
}
try {
  process.exitCode = (await importAll(settings)) ? 0 : 1;
} catch (error) {
  const isMisnamed = error instanceof UnknownQueue;
  const whatNow = isMisnamed ? 'Nothing was added.' : 'What was added stays. Run it again: it goes on where it stopped.';
  console.error(`import-bullmq: ${error.message}\n${whatNow}`);
  process.exit(isMisnamed ? 2 : 1);
}
