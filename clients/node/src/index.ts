// The package. Everything else is internal.

export type { ConnectionLike, ConnectionOptions } from './connection/index.js';
export type { Word } from './connection/source.js';
export {
  BatchSealedError,
  ConnectionError,
  FatalError,
  JqError,
  LostError,
  NoModuleError,
  NoPermissionError,
  NotNowError,
  OutOfMemoryError,
  QueueFullError,
  ReadOnlyError,
  RefusedError,
  ServerStateError,
  ShardCountError,
  StoppedError,
  WrongTypeError,
  type LostReason,
} from './errors.js';
export { EventReader, type EventOptions, type QueueEvent } from './events.js';
export type { PayloadFormat } from './payload.js';
export { Queue, type AwaitOptions, type JobEnd } from './queue/index.js';
export type { Page, QueueOptions } from './queue/base.js';
export type { Changes, RetryOptions, Round, RoundOptions } from './queue/administration.js';
export type { Added, AddOptions, CallOptions, JobOptions, NewJob, ScheduleOptions } from './queue/producing.js';
export type { ListOptions, LogLines, Minute, PageOptions, Part, Selectors, State } from './queue/reading.js';
export type { Fields } from './reply.js';
export type { ShardedQueueOptions } from './shards/base.js';
export { ShardedEventReader } from './shards/events.js';
export { ShardedQueue } from './shards/index.js';
export type { Backoff, Instant } from './words.js';
export { WorkerBase, type WorkerOptions } from './worker/base.js';
export { BulkWorker, type BulkHandler, type BulkOutcome, type BulkWorkerOptions } from './worker/bulk-worker.js';
export type { Handler, Middleware } from './worker/handling.js';
export type { WorkerEvents } from './worker/hooks.js';
export { Job } from './worker/job.js';
export type { QueueNames } from './worker/order.js';
export { Worker, type SingleWorkerOptions } from './worker/worker.js';
