// Checks at the end of a story. Each check prints a line, and one that does not hold makes the story fail.

export class Expectations {
  #failures = 0;

  /** Expects `value` to be `expected`. */
  equal(name, value, expected) {
    this.#check(value === expected, `${name}: ${value}${value === expected ? '' : `, must be ${expected}`}`);
  }

  /** Expects `value` to be `limit` or less. */
  atMost(name, value, limit) {
    this.#check(value <= limit, `${name}: ${round(value)}, must be ${round(limit)} or less`);
  }

  /** Whether all checks held. */
  get met() {
    return this.#failures === 0;
  }

  #check(holds, text) {
    if (!holds) this.#failures += 1;
    console.log(`  ${holds ? 'ok   ' : 'WRONG'} ${text}`);
  }
}

const round = (number) => (Number.isInteger(number) ? number : number.toFixed(3));
