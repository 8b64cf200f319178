// Queues and workers as providers of Nest. Copy this file.
//
//   QueueModule.forRoot({ url, queues: ['mail'] })   in the imports of the application
//   @InjectQueue('mail') mail: Queue                 in a constructor: the queue of this name
//   @WorkerFor({ queue: 'mail', concurrency: 20 })   on a provider with a method handle(job): the worker of the queue

import {
  Inject, Injectable, Module,
  type BeforeApplicationShutdown, type DynamicModule, type OnApplicationBootstrap, type OnApplicationShutdown,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { Redis } from 'ioredis';
import { Queue, Worker, type Job, type SingleWorkerOptions } from 'redis-jq';

/** A provider that works. What `handle` returns is the result of the job; what it throws fails it. */
export interface JobHandler<Payload> {
  handle(job: Job<Payload>): unknown;
}

/** Makes a provider the worker of a queue, with the options of a Worker. */
export const WorkerFor = DiscoveryService.createDecorator<SingleWorkerOptions<unknown> & { queue: string }>();

export const InjectQueue = (name: string) => Inject(token(name));

const token = (name: string) => `redis-jq queue ${name}`;

/** The connection and the workers, which begin and end with the application. */
@Injectable()
class Workers implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #workers: Worker[] = [];

  constructor(private readonly redis: Redis, private readonly discovery: DiscoveryService) {}

  /** All providers are there now, so that handlers have what they need. */
  onApplicationBootstrap(): void {
    for (const provider of this.discovery.getProviders({ metadataKey: WorkerFor.KEY })) {
      const { queue, ...options } = this.discovery.getMetadataByDecorator(WorkerFor, provider)!;
      const handler = provider.instance as JobHandler<unknown>;
      const worker = new Worker(this.redis, queue, (job) => handler.handle(job), options);
      worker.on('error', (error) => console.error(`${queue}: ${error.message}`)); // it waits, and goes on
      this.#workers.push(worker);
      // Rejected where waiting does not help (a missing right, no module): then nothing would work here, and the process ends.
      void worker.run();
    }
  }

  /**
   * Handlers end within the stopLimit of their workers, or their jobs are handed back. Before requests end, because a
   * client that keeps its connection may hold that up for as long as it likes.
   */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }

  /** No request comes any more. */
  async onApplicationShutdown(): Promise<void> {
    await this.redis.quit();
  }
}

@Module({})
export class QueueModule {
  static forRoot({ url, queues }: { url: string; queues: string[] }): DynamicModule {
    const redis = new Redis(url);
    redis.on('error', () => {}); // commands wait for a connection
    const providers = queues.map((name) => ({ provide: token(name), useValue: new Queue(redis, name) }));
    return {
      module: QueueModule,
      global: true,
      imports: [DiscoveryModule],
      providers: [{ provide: Redis, useValue: redis }, Workers, ...providers],
      exports: providers,
    };
  }
}
