// Readers of events.

import assert from 'node:assert/strict';
import { Queue } from 'redis-jq';
import { scenario } from './harness/clients.mjs';
import { Server } from './harness/server.mjs';

scenario('events_resumed', async (t, client) => {
  const server = await Server.start(t, { appendonly: 'yes', appendfsync: 'always' });
  const redis = await client.connect(t, server.url);
  const queue = new Queue(redis, 'mail');
  await queue.config({ eventsMax: 100 });
  const add = (from, to) =>
    new Queue(server.control, 'mail').addMany(Array.from({ length: to - from }, (_, n) => ({ id: `job:${from + n}`, payload: n, group: 'all' })));
  const seen = [];

  await add(0, 30);
  const first = queue.events();
  for await (const event of first) {
    assert.equal(event.fields.to, 'waiting');
    seen.push(event.job);
    if (seen.length === 20) break;
  }
  await add(30, 40);

  const second = queue.events({ after: first.position, only: ['added'] });
  let wasKilled = false;
  for await (const event of second) {
    seen.push(event.job);
    if (seen.length === 40) {
      // It waits now, and goes on by itself when the server is back.
      setTimeout(async () => {
        wasKilled = true;
        await server.kill();
        await server.launch();
        await add(40, 50);
      }, 50);
    }
    if (seen.length === 50) break;
  }
  assert.ok(wasKilled);
  assert.deepEqual(seen, Array.from({ length: 50 }, (_, n) => `job:${n}`));
  assert.equal(first.missed + second.missed, 0);

  await add(50, 250);
  const third = queue.events({ after: second.position });
  for await (const event of third) {
    assert.equal(event.job, 'job:150');
    break;
  }
  assert.equal(third.missed, 100);

  const waiting = queue.events({ after: '$' });
  setTimeout(() => waiting.close(), 100);
  const begun = performance.now();
  for await (const event of waiting) assert.fail(`there is ${event.event}`);
  assert.ok(performance.now() - begun < 2_000, 'close does not end a reader that waits');
});
