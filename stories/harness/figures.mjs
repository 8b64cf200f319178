// Formats numbers and tables for people.

/** 813600 as 813,600. */
export const thousands = (number) => Math.round(number).toLocaleString('en-US');

/** Seconds, with two digits below one second and one digit above. */
export const seconds = (number) => `${number.toFixed(number < 1 ? 2 : 1)} s`;

/** Bytes as MB. */
export const megabytes = (bytes) => `${(bytes / 1_048_576).toFixed(Math.abs(bytes) < 10_485_760 ? 2 : 1)} MB`;

/** A table in Markdown; the first column is text, the others are numbers. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rule = `|${head.map((_, column) => (column === 0 ? '---' : '---:')).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}
