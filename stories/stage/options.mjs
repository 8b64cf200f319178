// The words after a story's name.

import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  pictures: { type: 'string' },
};

/** `quick`: a small size. `pictures`: the folder for the picture, or none. `more` are options of one story. */
export function options(more = {}) {
  const { values } = parseArgs({ options: { ...OPTIONS, ...more } });
  if (values.pictures) mkdirSync(values.pictures, { recursive: true });
  return values;
}
