// For the programs that play a part in a story: they end with the story, whatever ends it, and report in lines of JSON.

process.stdin.on('end', () => process.exit(1)).resume().unref?.();

/** Tells the story something. */
export function report(fact) {
  process.stdout.write(`${JSON.stringify(fact)}\n`);
}
