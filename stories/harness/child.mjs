// Import this in every program that a story starts. The program then ends when the story ends, and reports to the story
// in lines of JSON.

process.stdin.on('end', () => process.exit(1)).resume().unref?.();

/** Sends facts to the story. */
export function report(facts) {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}
