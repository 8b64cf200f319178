// The application as a process, beside a mail service that answers when the test says so.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Queue } from 'redis-jq';
import { Server } from '../../../clients/node/test/harness/server.mjs';
import { until } from '../../../clients/node/test/harness/wait.mjs';

const PROGRAM = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const timeout = 60_000;

/** A mail service: what it was sent, and `answer(status)` for the requests that wait. */
async function startService(t) {
  const service = { sent: [], waiting: [], gone: 0 };
  const server = createServer(async (request, response) => {
    service.sent.push(JSON.parse((await request.toArray()).join('')));
    service.waiting.push(response);
    response.on('close', () => (service.gone += response.writableEnded ? 0 : 1));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close().closeAllConnections());
  service.url = `http://127.0.0.1:${server.address().port}`;
  service.answer = (status) => service.waiting.splice(0).forEach((response) => response.writeHead(status).end());
  return service;
}

/** Starts the application. Gives where it listens, and how it ends: [code, signal]. */
async function startApp(t, server, service, environment = {}) {
  const env = { ...process.env, REDIS_URL: server.url, MAIL_SERVICE: service.url, PORT: '0', NO_COLOR: '1', ...environment };
  const child = spawn(process.execPath, [PROGRAM], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'close'); // all it has said was read
  const app = { ended, said: '', stop: () => child.kill('SIGTERM') };
  child.stderr.on('data', (text) => (app.said += text));
  for await (const line of createInterface({ input: child.stdout })) {
    app.url = line.match(/^listening on (.*)/)?.[1];
    if (app.url) break;
  }
  child.stdout.resume();
  return app;
}

async function post(app, body) {
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(`${app.url}/mails`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: reply.status, ...(await reply.json()) };
}

test('a request enqueues, and the worker works', { timeout }, async (t) => {
  const server = await Server.start(t);
  const service = await startService(t);
  const app = await startApp(t, server, service);
  assert.deepEqual(await post(app, { id: 'm1', to: 'ada@example.org' }), { status: 202, id: 'm1', outcome: 'added' });
  await until(() => service.waiting.length === 1, 'the mail is not sent');
  service.answer(503);
  await until(() => service.waiting.length === 1, 'it is not tried again');
  service.answer(200);
  const mail = new Queue(server.control, 'mail');
  await mail.awaitJob('m1', { timeout: 10_000 });
  assert.deepEqual(await (await fetch(`${app.url}/mails/m1`)).json(), { state: 'completed', result: { accepted: 'ada@example.org' } });
  assert.equal((await post(app, { id: 'm1', to: 'ada@example.org' })).outcome, 'duplicate');
  assert.equal(service.sent.length, 2);

  const { id } = await post(app, { to: 'nobody' });
  assert.equal((await mail.awaitJob(id, { timeout: 10_000 })).state, 'failed');
  assert.equal((await fetch(`${app.url}/mails/m2`)).status, 404);
});

test('SIGTERM ends claims at once, then waits for the handlers', { timeout }, async (t) => {
  const server = await Server.start(t);
  const service = await startService(t);
  const app = await startApp(t, server, service);
  const mail = new Queue(server.control, 'mail');
  await post(app, { id: 'm1', to: 'ada@example.org' });
  await until(async () => service.waiting.length === 1 && (await mail.stats()).waiters === 1, 'the mail is not sent');
  app.stop();
  await until(async () => (await mail.stats()).waiters === 0, 'the worker still claims');
  await post(app, { id: 'm2', to: 'bob@example.org' }); // requests come until the handlers have ended
  service.answer(200);
  assert.deepEqual(await app.ended, [null, 'SIGTERM']);
  const { acks, releases, active, waiting } = await mail.stats();
  assert.deepEqual({ acks, releases, active, waiting }, { acks: 1, releases: 0, active: 0, waiting: 1 });
});

test('a handler that takes longer than the limit is told to stop, and its job is handed back', { timeout }, async (t) => {
  const server = await Server.start(t);
  const service = await startService(t);
  const app = await startApp(t, server, service, { STOP_LIMIT_MS: '100' });
  await post(app, { id: 'm1', to: 'ada@example.org' });
  await until(() => service.waiting.length === 1, 'the mail is not sent');
  app.stop();
  assert.deepEqual(await app.ended, [null, 'SIGTERM']);
  await until(() => service.gone === 1, 'the request of the handler was not ended by its signal');
  const { state, attempt } = await new Queue(server.control, 'mail').get('m1');
  assert.deepEqual({ state, attempt }, { state: 'waiting', attempt: 1 });
});

test('a server without the module ends the process, and it says why', { timeout }, async (t) => {
  const server = await Server.start(t, { module: null });
  const app = await startApp(t, server, await startService(t));
  assert.notEqual((await app.ended)[0], 0);
  assert.match(app.said, /does not have the module redis-jq/);
});
