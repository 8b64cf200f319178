// What must be true at the end. A broken promise is printed and makes the story fail.

export class Expectations {
  #broken = 0;

  /** `value` must be `expected`. */
  equal(what, value, expected) {
    this.#judge(value === expected, `${what}: ${value}${value === expected ? '' : `, must be ${expected}`}`);
  }

  /** `value` must be `limit` or less. */
  atMost(what, value, limit) {
    this.#judge(value <= limit, `${what}: ${round(value)}, must be ${round(limit)} or less`);
  }

  get kept() {
    return this.#broken === 0;
  }

  #judge(holds, text) {
    if (!holds) this.#broken += 1;
    console.log(`  ${holds ? 'ok   ' : 'WRONG'} ${text}`);
  }
}

const round = (number) => (Number.isInteger(number) ? number : number.toFixed(3));
