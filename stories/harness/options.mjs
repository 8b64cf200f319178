// The command line options of a story.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const PICTURES = fileURLToPath(new URL('../../docs/pictures', import.meta.url));

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  pictures: { type: 'string' },
};

/** `quick` chooses the small size. `pictures` is the folder for the picture; a quick story draws none unless it is given. */
export function options(more = {}) {
  const { values } = parseArgs({ options: { ...OPTIONS, ...more } });
  const pictures = values.pictures ?? (values.quick ? undefined : PICTURES);
  if (pictures) mkdirSync(pictures, { recursive: true });
  return { ...values, pictures };
}
