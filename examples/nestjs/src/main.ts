// usage: node dist/main.js    with REDIS_URL, PORT and MAIL_SERVICE (a URL) in the environment

import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MailController } from './mail.controller.js';
import { MailWorker } from './mail.worker.js';
import { QueueModule } from './queue.module.js';

@Module({
  imports: [QueueModule.forRoot({ url: process.env.REDIS_URL ?? 'redis://localhost:6379', queues: ['mail'] })],
  controllers: [MailController],
  providers: [MailWorker],
})
class AppModule {}

async function start(): Promise<void> {
  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks(); // SIGTERM and SIGINT stop the workers
  await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
  console.log(`listening on ${await app.getUrl()}`);
}

void start();
