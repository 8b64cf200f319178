// The words after a story's name.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const PICTURES = fileURLToPath(new URL('../../docs/pictures', import.meta.url));

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  pictures: { type: 'string' },
};

/** `quick`: a small size. `pictures`: the folder for the picture; none for a quick story unless it is named. */
export function options(more = {}) {
  const { values } = parseArgs({ options: { ...OPTIONS, ...more } });
  const pictures = values.pictures ?? (values.quick ? undefined : PICTURES);
  if (pictures) mkdirSync(pictures, { recursive: true });
  return { ...values, pictures };
}
