// The package as its users get it: packed, installed into a fresh folder, and run by the code of its README.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Queue } from 'redis-jq';
import { startCluster } from './harness/cluster.mjs';
import { Server } from './harness/server.mjs';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);
let folder;

/** Unpacks what `npm pack` makes, as npm does, beside the packages that a user would have installed. */
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'redis-jq-package-'));
  const { stdout } = await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: PACKAGE });
  const installed = join(folder, 'node_modules', 'redis-jq');
  mkdirSync(installed, { recursive: true });
  for (const name of readdirSync(join(PACKAGE, 'node_modules')).filter((name) => !name.startsWith('.'))) {
    symlinkSync(join(PACKAGE, 'node_modules', name), join(folder, 'node_modules', name));
  }
  await run('tar', ['-xzf', join(folder, stdout.trim()), '-C', installed, '--strip-components=1']);
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** The blocks of JavaScript in the README, by the file name in their first lines. */
function readmeFiles() {
  const readme = readFileSync(join(PACKAGE, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```js\n(\/\/ (\S+)\n[^]*?)^```/gm)];
  assert.equal(blocks.length, readme.match(/^```js$/gm).length, 'a block has no file name');
  return Object.fromEntries(blocks.map(([, code, name]) => [name, code]));
}

test('the README runs', { timeout: 240_000 }, async (t) => {
  const server = await Server.start(t);
  const [primary] = await startCluster(t);
  const env = { ...process.env, REDIS_URL: server.url, CLUSTER_URL: primary.url };
  const files = readmeFiles();
  assert.deepEqual(Object.keys(files), ['first-job.mjs', 'worker.mjs', 'more.mjs', 'shards.mjs', 'send.test.mjs']);
  for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code);
  const node = async (name) => (await run(process.execPath, [name], { cwd: folder, env })).stdout;

  assert.equal(await node('first-job.mjs'), 'added waiting\n');
  const worker = spawn(process.execPath, ['worker.mjs'], { cwd: folder, env });
  t.after(() => worker.kill('SIGKILL'));
  let output = '';
  worker.stdout.on('data', (text) => (output += text));
  const mail = new Queue(server.control, 'mail');
  assert.deepEqual(await mail.awaitJob('welcome:42', { timeout: 10_000 }), { state: 'completed', result: null });
  const ended = once(worker, 'close'); // all that it has written was read
  worker.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
  assert.equal(output, 'to ada@example.org, attempt 1\n');
  assert.equal(await node('first-job.mjs'), 'duplicate completed\n');
  assert.match(await node('more.mjs'), /insert \[ 1, 2, 3 \][^]*go on after \d+-\d+/);
  const shards = await node('shards.mjs');
  for (const id of [1, 2, 3]) assert.match(shards, new RegExp(`^welcome:${id} from mail:[0-7]$`, 'm'));
  assert.match(shards, /^3 done, 16 shards$/m);
  await node('send.test.mjs');
});

test('the worker of the README has at most 15 lines, the first job ten', () => {
  const lines = (name) => readmeFiles()[name].trim().split('\n').length - 1; // without its name
  assert.ok(lines('worker.mjs') <= 15 && lines('first-job.mjs') <= 10);
});

test('import and require give the same classes', async () => {
  writeFileSync(join(folder, 'both.mjs'), `
    import { createRequire } from 'node:module';
    import * as imported from 'redis-jq';
    const required = createRequire(import.meta.url)('redis-jq');
    for (const name of Object.keys(required)) if (required[name] !== imported[name]) throw new Error(name);
    console.log(Object.keys(required).sort().join());
  `);
  const { stdout } = await run(process.execPath, ['both.mjs'], { cwd: folder });
  assert.match(stdout, /BulkWorker.*FatalError.*Queue.*Worker/);
});

test('the types are those that a program needs', { timeout: 240_000 }, async () => {
  cpSync(join(PACKAGE, 'test', 'types.mts'), join(folder, 'types.mts'));
  cpSync(join(PACKAGE, 'test', 'types.mts'), join(folder, 'types.cts'));
  const tsc = join(PACKAGE, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2023', '--module', 'node16', '--types', 'node'];
  await run(process.execPath, [tsc, ...options, 'types.mts', 'types.cts'], { cwd: folder }).catch(({ stdout }) => assert.fail(stdout));
});

test('everything that is exported is documented', { timeout: 240_000 }, async () => {
  const typedoc = join(PACKAGE, 'node_modules', 'typedoc', 'bin', 'typedoc');
  const words = [typedoc, '--out', join(folder, 'docs'), '--logLevel', 'Warn'];
  await run(process.execPath, words, { cwd: PACKAGE }).catch(({ stdout, stderr }) => assert.fail(stdout + stderr));
  assert.match(readFileSync(join(folder, 'docs', 'classes', 'Worker.html'), 'utf8'), /stop/);
});

test('what is packed is what is needed, and names no registry', async () => {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: PACKAGE });
  const files = JSON.parse(stdout)[0].files.map(({ path }) => path);
  for (const needed of ['LICENSE', 'README.md', 'package.json', 'dist/esm.mjs', 'dist/index.js', 'dist/index.d.ts']) {
    assert.ok(files.includes(needed), needed);
  }
  assert.deepEqual(files.filter((path) => path.startsWith('test/')), []);
  assert.doesNotMatch(readFileSync(join(PACKAGE, 'package-lock.json'), 'utf8'), /"resolved"/);
});
