// What can go wrong: refusals of the server by their codes, replies that never came, and what a handler may throw or be
// told.

/** The base of all errors of this package. `code` is the first word of the server's sentence, or a name of this package. */
export class JqError extends Error {
  /** The code, for programs; the message is for people. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** `JQFULL`: a limit of the queue is reached. */
export class QueueFullError extends JqError {}
/** `JQSEALED`: the batch takes no more members. */
export class BatchSealedError extends JqError {}
/** `JQSHARDS`: the queue is one of another number of shards than the producer counts on, and does not know this id. */
export class ShardCountError extends JqError {}
/** `WRONGTYPE`: the key is no queue. */
export class WrongTypeError extends JqError {}
/** `OOM`: the server has reached its maxmemory. */
export class OutOfMemoryError extends JqError {}
/** `READONLY`: the server is a replica. */
export class ReadOnlyError extends JqError {}
/** `NOPERM`: the user lacks the right for this command or key. */
export class NoPermissionError extends JqError {}
/** `ERR`: the arguments are wrong; the message says which, and what would be right. */
export class RefusedError extends JqError {}
/** The server does not have the module. */
export class NoModuleError extends JqError {}
/** Any other code, such as `LOADING` or `CLUSTERDOWN`: the state of the server does not allow the command now. */
export class ServerStateError extends JqError {}

/** There is no reply: the connection failed or took too long. Whether the command was done is not known. */
export class ConnectionError extends JqError {
  constructor(message: string, cause?: unknown) {
    super('CONNECTION', message, { cause });
  }
}

/** A handler throws it when trying again would not help: the job fails for good, with this message as its error. */
export class FatalError extends JqError {
  constructor(message: string, options?: ErrorOptions) {
    super('FATAL', message, options);
  }
}

/** A handler throws it when the job cannot be done now: it waits for `delay` ms and loses no attempt. */
export class NotNowError extends JqError {
  /** How long the job is not to start, in milliseconds. */
  readonly delay: number;

  constructor(delay: number, message = 'not now') {
    super('NOTNOW', message);
    this.delay = delay;
  }
}

/** Why a run does not count: the job was cancelled, its lease has ended, or it does not exist any more. */
export type LostReason = 'cancelled' | 'lease' | 'removed';

/** The reason of a handler's signal: the job is no longer this worker's, and what the handler returns is dropped. */
export class LostError extends JqError {
  /** Why the run does not count. */
  readonly reason: LostReason;

  constructor(reason: LostReason) {
    super('LOST', SENTENCES[reason]);
    this.reason = reason;
  }
}

const SENTENCES = {
  cancelled: 'the job was cancelled',
  lease: 'the lease of the job has ended: another worker may be doing it',
  removed: 'the job does not exist any more',
};

/** The reason of a handler's signal when the worker stops and has no more time: the job goes back to the queue. */
export class StoppedError extends JqError {
  constructor() {
    super('STOPPED', 'the worker stops, and the job goes back to the queue');
  }
}

type ErrorClass = new (code: string, message: string, options?: ErrorOptions) => JqError;

const BY_CODE: Record<string, ErrorClass> = {
  JQFULL: QueueFullError,
  JQSEALED: BatchSealedError,
  JQSHARDS: ShardCountError,
  WRONGTYPE: WrongTypeError,
  OOM: OutOfMemoryError,
  READONLY: ReadOnlyError,
  NOPERM: NoPermissionError,
  ERR: RefusedError,
};

/** Codes of other errors that do not go away by waiting. */
const LASTING = ['NOAUTH', 'WRONGPASS', 'NOPROTO'];

/** The error of this package for what a Redis client has thrown. */
export function toJqError(thrown: unknown): JqError {
  if (thrown instanceof JqError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  // A refusal of the server begins with its code; what the clients themselves say begins with other words.
  const code = /^[A-Z][A-Z0-9]+(?= )/.exec(message)?.[0];
  if (!code) return new ConnectionError(message || 'the connection failed', thrown);
  if (/^ERR unknown command ['`]?JQ\./i.test(message)) {
    const advice = 'the server does not have the module redis-jq: start it with `loadmodule /path/to/libredis_jq.so`';
    return new NoModuleError('NOMODULE', `${advice} (${message})`, { cause: thrown });
  }
  return new (BY_CODE[code] ?? ServerStateError)(code, message, { cause: thrown });
}

/** Whether the server refuses every write at the moment: it has too few replicas, or its disk fails. */
export function refusesWrites(error: JqError): boolean {
  return error.code === 'NOREPLICAS' || error.code === 'MISCONF';
}

/** Whether the server, or the way to it, may be well again after a while. */
export function passes(error: JqError): boolean {
  if (error instanceof ServerStateError) return !LASTING.includes(error.code);
  return error instanceof ConnectionError || error instanceof ReadOnlyError || error instanceof OutOfMemoryError;
}
