// Requests that enqueue.

import { Body, Controller, Get, HttpCode, NotFoundException, Param, Post } from '@nestjs/common';
import type { Queue } from 'redis-jq';
import { InjectQueue } from './queue.module.js';

@Controller('mails')
export class MailController {
  constructor(@InjectQueue('mail') private readonly mail: Queue) {}

  /** 202: the job is in the queue. The same id again is the same job. */
  @Post()
  @HttpCode(202)
  async add(@Body() { id, to }: { id?: string; to: string }): Promise<{ id: string; outcome: string }> {
    const added = await this.mail.add({ to }, { id, name: 'welcome' });
    return { id: added.id, outcome: added.outcome };
  }

  @Get(':id')
  async get(@Param('id') id: string): Promise<{ state: unknown; result: unknown }> {
    const job = await this.mail.get(id);
    if (!job) throw new NotFoundException(`there is no job ${id}`);
    return { state: job.state, result: job.result };
  }
}
