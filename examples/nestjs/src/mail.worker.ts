// What works on the queue: a provider like any other, so it may be given whatever the application has.

import { Injectable } from '@nestjs/common';
import { FatalError, type Job } from 'redis-jq';
import { WorkerFor, type JobHandler } from './queue.module.js';

interface Mail {
  to: string;
}

@Injectable()
@WorkerFor({ queue: 'mail', concurrency: 20, stopLimit: Number(process.env.STOP_LIMIT_MS ?? 20_000) })
export class MailWorker implements JobHandler<Mail> {
  /** The id goes along, so that the service can refuse a mail that it has sent already: a worker may die after sending. */
  async handle(job: Job<Mail>): Promise<{ accepted: string }> {
    const { to } = job.payload;
    if (!to.includes('@')) throw new FatalError(`no address: ${to}`);
    const body = JSON.stringify({ id: job.id, to });
    const reply = await fetch(process.env.MAIL_SERVICE!, { method: 'POST', body, signal: job.signal });
    if (!reply.ok) throw new Error(`the mail service said ${reply.status}`);
    return { accepted: to };
  }
}
