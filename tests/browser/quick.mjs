// quick.mjs - the quick start of scale mode, done on the page from a fresh host on: its five
// steps, its words

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

import { browser, runCases, signIn } from './browser.mjs';
import { freePort, household, until } from './servers.mjs';

const IN_PANEL_MS = 30000; // what the quick start promises
const house = household();
const [redis, postgres] = [await house.redis(), await house.postgres()];
// the main instance: it manages page and definitions, and executes in-process
const main = await house.daemon('main', { roles: 'api,keeper' });
const examples = ['hello', 'merge'].map((name) => JSON.parse(fs.readFileSync(path.join(process.env.EXAMPLES, `${name}.json`), 'utf8')));
fs.writeFileSync(path.join(main.data, 'orchestrations.json'), JSON.stringify(examples));

const w = await browser();
const { page } = w;
const press = (name) => page.getByRole('button', { name, exact: true }).click();
const section = (name) => page.locator('details', { has: page.locator('summary', { hasText: name }) });
const start = async () => {
  await page.getByRole('link', { name: 'Start a run' }).click();
  await page.getByLabel('Orchestration', { exact: true }).selectOption('hello');
  await page.getByLabel('Message', { exact: true }).fill('from the page');
  await press('Start');
  await page.waitForURL(/#\/run\//);
  await page.locator('.tile', { hasText: 'Status' }).getByText('completed', { exact: true }).waitFor();
};
let worker;

const cases = {
  async 'sign-in: by the key that a new host made'() {
    await signIn(page, main.base, main.key());
  },
  async 'before: one process executes the run'() {
    await start();
    assert.match(main.log(), /event=api\.standalone/);
    // what a host without stores has is there, and what it has not says what it needs
    const view = async (name, words) => {
      await page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
      await page.locator('#main, .banner').getByText(words).first().waitFor();
    };
    await view('Now', 'Runs are executed here, in one process');
    await page.locator('tbody tr', { hasText: 'hello' }).waitFor();
    await w.look('quick-0-now');
    await view('Approvals', 'Nobody is waited for');
    await view('Definitions', 'Two views, one page');
    for (const name of ['Queues', 'Schedules']) await view(name, 'Only scale mode has this');
  },
  async '1. Connect Redis: Settings, Scale, Redis Connection; the URL, Test'() {
    await page.getByRole('navigation').getByRole('link', { name: 'Scale' }).click();
    await page.getByText('Runs are executed here, in one process').waitFor();
    await w.look('quick-1-fresh');
    const redisPart = section('Redis Connection');
    await redisPart.getByText('Test', { exact: true }).click();
    await redisPart.getByText('Enter the URL first').waitFor();
    await page.getByLabel('Redis URL').fill(`redis://127.0.0.1:${await freePort()}/0`);
    await redisPart.getByText('Test', { exact: true }).click();
    await redisPart.locator('.said.error', { hasText: /refused/i }).waitFor();
    await page.getByLabel('Redis URL').fill('http://x');
    await redisPart.getByText('Test', { exact: true }).click();
    await redisPart.locator('.said.error').waitFor();
    await page.getByLabel('Redis URL').fill(redis.url);
    await redisPart.getByText('Test', { exact: true }).click();
    await redisPart.locator('.said.good, .said.doubt').getByText(/Redis \d/).waitFor();
  },
  async '2. Enable Scale Mode: the toggle, Save Scale Config'() {
    await page.getByLabel('Enable Scale Mode').check();
    await press('Save Scale Config');
    await page.getByText(/^Saved: redis\.url, mode\.$/).waitFor();
    assert.equal(await page.getByLabel('Enable Scale Mode').isChecked(), true);
    await page.getByText(/waiting for Postgres/).waitFor();
    assert.equal(await page.getByLabel('Redis URL').inputValue(), redis.url);
  },
  async '3. Connect Postgres: expand the Postgres Sync section; the URL, Test'() {
    w.expected = /status of 503/; // while the tables are made
    const part = section('Postgres Sync');
    assert.equal(await page.getByLabel('Postgres URL').isVisible(), false);
    await part.locator('summary').click();
    await part.getByText('Nothing can be synced yet').waitFor();
    await page.getByLabel('Postgres URL').fill(postgres.url.replace(/synapse$/, 'nothing'));
    await part.getByText('Test', { exact: true }).click();
    await part.locator('.said.error', { hasText: /nothing/ }).waitFor();
    await page.getByLabel('Postgres URL').fill(postgres.url);
    await part.getByText('Test', { exact: true }).click();
    await part.locator('.said.good, .said.doubt').getByText(/PostgreSQL \d/).waitFor();
    await press('Save Scale Config');
    await page.getByText(/^Saved: postgres\.url\.$/).waitFor();
    await page.getByText('Runs go through the Redis queue to workers').waitFor();
    // nobody was signed out, and the password is not shown
    assert.match(await page.getByLabel('Postgres URL').inputValue(), /synapse:\*\*\*@/);
  },
  async '4. Sync definitions: Sync Now, a count for each table'() {
    await press('Sync Now');
    await page.getByText(/^\d+ synced\.$/).waitFor();
    await page.getByText('orchestrations: 2 synced').waitFor();
    for (const [name, n] of [['orchestrations', '2'], ['agents', '0'], ['tools', '0'], ['mcp servers', '0']])
      await page.locator('.tile', { hasText: name }).getByText(n, { exact: true }).waitFor();
    assert.equal(postgres.sql('SELECT count(*) FROM orchestrations'), '2');
    assert.doesNotMatch(await section('Postgres Sync').getByText('Last sync').textContent(), /never/);
  },
  async '5. Start a worker: it is in the Workers panel within 30 seconds'() {
    const panel = page.getByRole('region', { name: 'Workers' });
    await panel.getByText('No worker has registered').waitFor();
    await panel.getByText(/REDIS_URL='redis:.*SCALE_POSTGRES_URL='postgresql:.*WORKER_CONCURRENCY=10/).waitFor();
    await w.look('quick-5-no-worker');
    const began = Date.now();
    worker = await house.daemon('worker', { roles: 'worker,keeper',
      env: { REDIS_URL: redis.url, SCALE_POSTGRES_URL: postgres.url, WORKER_CONCURRENCY: '10' } });
    await panel.getByText('online').waitFor({ timeout: IN_PANEL_MS });
    await panel.getByText(/^\d+ \/ 10/).waitFor();
    console.log(`     in the panel ${((Date.now() - began) / 1000).toFixed(1)} s after its command was given`);
    await w.look('quick-5-worker');
    // curl http://localhost:9000/health
    const health = await (await fetch(`http://127.0.0.1:${worker.health}/health`)).json();
    assert.equal(health.status, 'ok');
    assert.equal(health.active_jobs, 0);
    assert.equal(typeof health.uptime, 'number');
    assert.ok(health.worker_id);
    await panel.getByText(health.worker_id).waitFor();
  },
  async 'after: a run that the page starts is finished by that worker'() {
    await start();
    const { worker_id: name } = await (await fetch(`http://127.0.0.1:${worker.health}/health`)).json();
    await page.locator('.facts > div', { hasText: 'Worker' }).getByText(name).first().waitFor();
    await page.locator('.events').getByText('orchestration_complete').waitFor();
    assert.equal(postgres.sql("SELECT count(*) FROM orchestration_runs WHERE status = 'completed'"), '1');
    // every view opens here, where runs of before are in files
    for (const name of ['Now', 'Runs', 'Approvals', 'Chat', 'Schedules', 'Definitions', 'Workers', 'Queues', 'Dead letters', 'Scale']) {
      await page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
    }
    assert.equal(await page.locator('[role=alert]:not(:empty)').count(), 0);
    assert.doesNotMatch(main.log(), /event=child\.died.*signal/);
  },
  async 'and back: in-process again, jobs of workers go on'() {
    await page.getByRole('navigation').getByRole('link', { name: 'Scale' }).click();
    await page.getByLabel('Enable Scale Mode').uncheck();
    await press('Save Scale Config');
    await page.getByText(/^Saved: mode\.$/).waitFor();
    await page.getByText('Runs are executed here, in one process').waitFor();
    await until('one process again', async () => (await (await fetch(`${main.base}/health`)).json()).mode === 'standalone');
    await start();
    assert.equal(postgres.sql('SELECT count(*) FROM orchestration_runs'), '1');
  },
};

let bad = 1;
try {
  bad = await runCases(w, cases, { always: /./, stop: true });
  if (bad) console.log(main.log().split('\n').filter((l) => /level=(warn|error)/.test(l)).slice(-20).join('\n'));
} finally {
  await w.close();
  await house.end();
}
process.exitCode = bad ? 1 : 0;
