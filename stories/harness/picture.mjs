// Draws results as SVG. A picture has its own background, follows light and dark mode, and uses the reader's fonts.

const WIDTH = 760;
const MARGIN = 24;

const STYLE = `
  .ground { fill: #ffffff; stroke: #d0d7de }
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .title { font-size: 17px; font-weight: 600 }
  .quiet { fill: #59636e; font-size: 12px }
  .rule { stroke: #d0d7de }
  .mark { stroke: #59636e; stroke-dasharray: 4 4 }
  .old { fill: #bc4c00 } .older { fill: #bf8700 } .new { fill: #0969da }
  .line { fill: none; stroke-width: 2 }
  .line.old { stroke: #bc4c00 } .line.older { stroke: #bf8700 } .line.new { stroke: #0969da }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; stroke: #3d444d }
    text { fill: #f0f6fc }
    .quiet { fill: #9198a1 }
    .rule { stroke: #3d444d }
    .mark { stroke: #9198a1 }
    .old { fill: #f0883e } .older { fill: #d29922 } .new { fill: #58a6ff }
    .line.old { fill: none; stroke: #f0883e } .line.older { fill: none; stroke: #d29922 } .line.new { fill: none; stroke: #58a6ff }
  }`;

/**
 * Draws groups of horizontal bars. A group has a `title`, `bars` of `{ label, value, text, tone }`, and optionally a
 * `mark` `{ value, text }`, which is a line across them. Each group has its own scale, which begins at zero.
 */
export function bars({ title, subtitle, groups }) {
  const left = 190;
  const room = WIDTH - left - MARGIN - 150;
  const parts = [];
  let y = 84;
  for (const { title: name, bars: rows, mark } of groups) {
    const most = Math.max(...rows.map((row) => row.value), mark?.value ?? 0);
    const end = (value) => left + (room * value) / most;
    parts.push(text(MARGIN, y, name, 'quiet'));
    const top = y + 12;
    for (const { label, value, text: figure, tone } of rows) {
      y += 28;
      parts.push(text(MARGIN, y + 1, label));
      parts.push(`<rect x="${left}" y="${y - 13}" width="${width(end(value) - left)}" height="18" rx="2" class="${tone}"/>`);
      parts.push(text(end(Math.max(value, 0)) + 10, y + 1, figure));
    }
    if (mark) {
      const x = width(end(mark.value));
      parts.push(`<line x1="${x}" x2="${x}" y1="${top}" y2="${y + 14}" class="mark"/>`);
      y += 28;
      parts.push(text(x, y, mark.text, 'quiet'));
    }
    y += 40;
  }
  return frame(title, subtitle, y - 16, parts);
}

/** Draws lines over time. A line has a `label`, a `tone` and `points` of `[x, y]`. */
export function lines({ title, subtitle, unitX, unitY, lines: rows }) {
  const [left, right, top, bottom] = [64, WIDTH - 190, 92, 340];
  const all = rows.flatMap((row) => row.points);
  const [mostX, mostY] = [Math.max(...all.map(([x]) => x)), ceiling(Math.max(...all.map(([, y]) => y)))];
  const at = ([x, y]) => [left + ((right - left) * x) / mostX, bottom - ((bottom - top) * Math.max(y, 0)) / mostY];
  const parts = [];
  for (let step = 0; step <= 4; step += 1) {
    const [, y] = at([0, (mostY * step) / 4]);
    parts.push(`<line x1="${left}" x2="${right}" y1="${width(y)}" y2="${width(y)}" class="rule"/>`);
    parts.push(text(MARGIN, y + 4, String((mostY * step) / 4), 'quiet'));
  }
  const labels = [];
  for (const { label, tone, points } of rows) {
    const path = points.map((point) => at(point).map(width).join(',')).join(' ');
    parts.push(`<polyline points="${path}" class="line ${tone}"/>`);
    const [x, y] = at(points.at(-1));
    labels.push({ x: x + 8, y: y + 4, label });
  }
  parts.push(...spread(labels).map(({ x, y, label }) => text(x, y, label)));
  parts.push(text(left, bottom + 22, '0', 'quiet'), text(right - 40, bottom + 22, `${mostX.toFixed(0)} ${unitX}`, 'quiet'));
  parts.push(text(MARGIN, top - 14, unitY, 'quiet'));
  return frame(title, subtitle, bottom + 40, parts);
}

/** Moves labels apart when their lines end close together. */
function spread(labels) {
  const sorted = labels.sort((one, other) => other.y - one.y);
  for (let n = 1; n < sorted.length; n += 1) sorted[n].y = Math.min(sorted[n].y, sorted[n - 1].y - 17);
  return sorted;
}

/** Rounds up to one of 1, 2, 4, 8, 10, 20, 40, 80 ... */
function ceiling(value) {
  for (let power = 1; ; power *= 10) {
    const step = [1, 2, 4, 8].map((digit) => digit * power).find((limit) => value <= limit);
    if (step) return step;
  }
}

function frame(title, subtitle, height, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escape(title)}</title>
<style>${STYLE}
</style>
<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8" class="ground"/>
${text(MARGIN, 34, title, 'title')}
${text(MARGIN, 56, subtitle, 'quiet')}
${parts.join('\n')}
</svg>
`;
}

function text(x, y, words, kind = '') {
  return `<text x="${width(x)}" y="${width(y)}"${kind && ` class="${kind}"`}>${escape(words)}</text>`;
}

const width = (number) => Number(Math.max(number, 1).toFixed(1));
const escape = (words) => words.replace(/&/g, '&amp;').replace(/</g, '&lt;');
