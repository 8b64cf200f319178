// The command line.

import { parseArgs } from 'node:util';

const DAY = 86_400_000;

const OPTIONS = {
  queue: { type: 'string', multiple: true },
  from: { type: 'string' },
  to: { type: 'string' },
  prefix: { type: 'string', default: 'bull' },
  key: { type: 'string' },
  dedup: { type: 'string', default: String(DAY) },
  timestamps: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

/** What the user wants; or `wrong`, a sentence that says what cannot be understood, or `help`. */
export function readArguments(words, environment) {
  let values;
  try {
    values = parseArgs({ args: words, options: OPTIONS }).values;
  } catch (error) {
    return { wrong: error.message };
  }
  const from = values.from ?? environment.IMPORT_FROM ?? 'redis://localhost:6379';
  const settings = {
    queues: values.queue ?? [],
    from,
    to: values.to ?? environment.IMPORT_TO ?? from,
    prefix: values.prefix,
    key: values.key,
    dedup: values.dedup,
    hasTimestamps: values.timestamps,
    isDryRun: values['dry-run'],
  };
  const wrong = values.help ? 'help' : fault(settings);
  return wrong ? { wrong } : settings;
}

function fault({ queues, key, dedup }) {
  if (queues.length === 0) return 'name a queue: --queue NAME';
  if (key !== undefined && queues.length > 1) return '--key goes with one --queue: ids of two queues may be the same';
  if (!/^(-1|\d+)$/.test(dedup)) return `--dedup is a number of milliseconds, or -1 for ever, not '${dedup}'`;
  return undefined;
}
