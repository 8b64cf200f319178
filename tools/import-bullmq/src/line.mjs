// The order of waiting jobs, kept when each is given a priority.
//
// BullMQ's waiting list has jobs without a priority only, so all of them get 0 and keep the order of the list. Bull has one
// list for all, in the order in which they run, and it is not always that of the priorities: `lifo` goes before everything.
// A job here must not have a smaller priority than the one before it, or it would overtake. So the priority never falls
// along the list, and a job without one that stands before jobs with one gets that of the job before it.

/** Before the first priority of Bull, which is 1 there. */
const FIRST = -(2 ** 31);

export class Line {
  #level = FIRST;
  #withPriority;

  /** `withPriority` jobs of the list have a priority of their own. */
  constructor(withPriority) {
    this.#withPriority = withPriority;
  }

  /** The priority of the next job of the list. */
  next(priority) {
    if (priority !== 0) this.#withPriority -= 1;
    else if (this.#withPriority > 0) return this.#level;
    this.#level = Math.max(this.#level, priority);
    return this.#level;
  }
}
