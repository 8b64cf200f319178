// A queue of Bull or BullMQ, read page by page. Nothing here writes.
//
// Keys of both: PREFIX:NAME:wait and :paused (lists, the next job at the right end), :delayed (by the instant), :failed and
// :completed (by the instant they ended), :active (a list), :repeat (schedulers by their next instant), and a hash for each
// job, PREFIX:NAME:ID. BullMQ has :prioritized (by priority, then by age), :waiting-children, :meta and :events beside them.
// In Bull jobs with a priority wait in :wait, at their place.

/** Ids that are asked for at once. */
const PAGE = 500;
/** Bytes of payloads that are read at once; one job alone may have more. */
const CHUNK_BYTES = 8 << 20;
/** Jobs in a chunk are sent together; a reply for each is kept until then. */
const CHUNK_JOBS = 250;

/** The fields of a job that say something. `atm` is what BullMQ calls `attemptsMade` since version 5. */
const FIELDS = [
  'name', 'data', 'opts', 'timestamp', 'priority', 'attemptsMade', 'atm', 'failedReason', 'stacktrace', 'progress',
  'finishedOn', 'parentKey', 'rjk', 'deid',
];

/** There is no queue of that name. */
export class UnknownQueue extends Error {}

export class Source {
  #redis;
  #prefix;

  constructor(redis, prefix, name, library) {
    this.#redis = redis;
    this.#prefix = `${prefix}:${name}:`;
    this.name = name;
    this.library = library;
  }

  /** The queue of this name, of whichever library. Throws UnknownQueue if there is none. */
  static async open(redis, prefix, name) {
    const key = (part) => `${prefix}:${name}:${part}`;
    const isBullmq = await redis.exists(key('meta'), key('events'));
    const isBull = await redis.exists(...['id', 'wait', 'paused', 'delayed', 'failed', 'active', 'repeat'].map(key));
    if (!isBullmq && !isBull) throw new UnknownQueue(`there is no queue '${name}' whose keys begin with '${prefix}:'`);
    return new Source(redis, prefix, name, isBullmq ? 'bullmq' : 'bull');
  }

  /** What its keys begin with, as a pattern. */
  get keys() {
    return `${this.#prefix}*`;
  }

  /** How many jobs there are in each state, and whether the queue is paused. */
  async counts() {
    const lists = ['wait', 'paused', 'active'].map((part) => this.#redis.llen(this.#key(part)));
    const sets = ['prioritized', 'delayed', 'failed', 'completed', 'waiting-children', 'priority'].map((part) =>
      this.#redis.zcard(this.#key(part)),
    );
    const [wait, paused, active] = await Promise.all(lists);
    const [prioritized, delayed, failed, completed, parents, withPriority] = await Promise.all(sets);
    const isPaused = (await this.#redis.exists(this.#key('meta-paused'))) + (await this.#redis.hexists(this.#key('meta'), 'paused'));
    return { waiting: wait + paused, prioritized, delayed, failed, active, completed, parents, withPriority, isPaused: isPaused > 0 };
  }

  /** The schedulers: from a key to the instant of its next job. */
  async schedulers() {
    const found = new Map();
    for await (const page of this.#sorted('repeat')) for (const { id, score } of page) found.set(id, score);
    return found;
  }

  /** What is known of a scheduler: all in BullMQ from 5.13 on, less before, nothing in Bull. */
  async scheduler(key) {
    return this.#redis.hgetall(this.#key(`repeat:${key}`));
  }

  /** Jobs of `waiting`, `prioritized`, `delayed` or `failed`, in their order, some at a time. */
  async *jobs(state) {
    for await (const page of this.#pages(state)) yield* this.#read(page);
  }

  async *#pages(state) {
    if (state !== 'waiting') return yield* this.#sorted(state);
    yield* this.#list('wait');
    yield* this.#list('paused');
  }

  /** From the right end, where the next job is; so what is added meanwhile, on the left, moves nothing. */
  async *#list(part) {
    for (let at = 0; ; at += PAGE) {
      const ids = await this.#redis.lrange(this.#key(part), -at - PAGE, -at - 1);
      // Early versions of BullMQ 5 put such a mark between the jobs to wake a worker.
      yield ids.reverse().filter((id) => !id.startsWith('0:')).map((id) => ({ id }));
      if (ids.length < PAGE) return;
    }
  }

  async *#sorted(part) {
    for (let at = 0; ; at += PAGE) {
      const flat = await this.#redis.zrange(this.#key(part), at, at + PAGE - 1, 'WITHSCORES');
      const page = [];
      for (let i = 0; i < flat.length; i += 2) page.push({ id: flat[i], score: Number(flat[i + 1]) });
      yield page;
      if (page.length < PAGE) return;
    }
  }

  /** The jobs of a page, in chunks of bounded size. */
  async *#read(page) {
    const lengths = await this.#pipelined(page, (pipeline, id) => pipeline.hstrlen(this.#key(id), 'data'));
    let from = 0;
    let bytes = 0;
    for (const [at, length] of lengths.entries()) {
      if (at > from && (bytes + length > CHUNK_BYTES || at - from === CHUNK_JOBS)) {
        yield this.#chunk(page.slice(from, at));
        [from, bytes] = [at, 0];
      }
      bytes += length;
    }
    if (from < page.length) yield this.#chunk(page.slice(from));
  }

  async #chunk(entries) {
    const hashes = await this.#pipelined(entries, (pipeline, id) => pipeline.hmgetBuffer(this.#key(id), ...FIELDS));
    const isParent = await this.#pipelined(entries, (pipeline, id) =>
      pipeline.exists(...['dependencies', 'processed', 'failed', 'unsuccessful'].map((part) => this.#key(`${id}:${part}`))),
    );
    return entries.map((entry, at) => ({ ...entry, ...fields(hashes[at]), isParent: isParent[at] > 0 }));
  }

  async #pipelined(entries, ask) {
    const pipeline = this.#redis.pipeline();
    for (const { id } of entries) ask(pipeline, id);
    return (await pipeline.exec()).map(([error, reply]) => {
      if (error) throw error;
      return reply;
    });
  }

  #key(part) {
    return this.#prefix + part;
  }
}

/** The payload stays as bytes, everything else is text. What a job does not have is undefined. */
function fields(values) {
  const entries = FIELDS.map((field, at) => [field, field === 'data' ? values[at] : values[at]?.toString()]);
  return Object.fromEntries(entries.map(([field, value]) => [field, value ?? undefined]));
}
