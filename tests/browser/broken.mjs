// broken.mjs - what somebody sees when a process behind the page dies, the daemon is away, or
// what they typed is wrong

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

import { apiOf, browser, runCases, signIn } from './browser.mjs';
import { freePort, household, until } from './servers.mjs';

const STEPS = 24;
const SLOW = { id: 'slow', name: 'Slow', entry_step_id: 's0', steps: Array.from({ length: STEPS }, (_, i) => ({
  id: `s${i}`, name: `s${i}`, type: 'llm', model: 'mock.sleep:400', prompt_template: `${i}`, output_key: `o${i}`, next_step_id: i + 1 < STEPS ? `s${i + 1}` : null })) };
const ASK = { id: 'ask', name: 'Ask', entry_step_id: 'q', steps: [
  { id: 'q', name: 'q', type: 'human', human_prompt: 'Go on?', output_key: 'answer', human_fields: [{ name: 'why', type: 'text', label: 'Why', required: true }] }] };
const AGENT = { id: 'slow-agent', name: 'Slow agent', model: 'mock.sleep:6000', system_prompt: 'x', tools: [] };

const house = household();
const [redis, postgres] = [await house.redis(), await house.postgres()];
const port = await freePort();
const env = { REDIS_URL: redis.url, SCALE_POSTGRES_URL: postgres.url };
const begin = () => house.daemon('host', { env, port });
let daemon = await begin();
const w = await browser();
const { page } = w;
const text = (words) => page.getByText(words).first().waitFor();
const press = (name) => page.getByRole('button', { name, exact: true }).first().click();
const at = (hash) => page.goto(`${daemon.base}/#/${hash}`);
const status = (word) => page.locator('.tile', { hasText: 'Status' }).getByText(word, { exact: true }).waitFor();
const atField = (label, words = /./) => page.locator('.field', { has: page.getByLabel(label, { exact: true }) }).locator('.error', { hasText: words }).waitFor();
// what the browser itself says of a connection that is cut
const CUT = /ERR_|Failed to load resource|net::/;
let api, key;

const children = (kind) => [...new Set([...daemon.log().matchAll(new RegExp(`event=child\\.state .*child_kind=${kind} child_slot=\\d+ child=(\\d+) from=starting to=ready`, 'g'))].map((m) => Number(m[1])))]
  .filter((pid) => { try { process.kill(pid, 0); return true; } catch { return false; } });
function killApi() {
  const pids = children('api');
  assert.ok(pids.length);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
}
const shownEvents = () => page.locator('.events li').evaluateAll((all) => all.map((li) => [li.querySelector('b').textContent, li.querySelector('.of')?.textContent ?? '']));
const storedEvents = async (id) => (await api('GET', `/api/v2/orchestrations/runs/${id}/events?limit=1000`)).events.map(({ event: e }) => [e.type, e.orch_step_id ?? '']);
const start = async (id) => (await api('POST', `/api/v2/orchestrations/${id}/run`, {})).run_id;

const cases = {
  async 'sign-in: by a session that outlives processes'() {
    await page.goto(daemon.base);
    // a fresh store has no key: the host itself is let in, and told
    await press('Open without a key');
    await text('No API key exists');
    await w.look('no-key');
    key = `sk-syn-${'ab'.repeat(32)}`;
    const hash = (await import('node:crypto')).createHash('sha256').update(key).digest('hex');
    postgres.sql(`INSERT INTO api_keys (id, name, key_hash, key_prefix) VALUES (gen_random_uuid(), 'me', '${hash}', 'sk-syn-abab')`);
    // the first key ends what was opened without one, and the page says so
    await text('You are signed out');
    await signIn(page, daemon.base, key);
    api = apiOf(daemon.base, key);
    for (const d of [SLOW, ASK]) await api('PUT', `/api/v2/orchestrations/${d.id}`, d);
    await api('PUT', `/api/v2/agents/${AGENT.id}`, AGENT);
  },
  async 'a run that is watched: its API child is killed, twice; no event is missing or doubled'() {
    w.expected = CUT;
    const id = await start('slow');
    await at(`run/${id}`);
    await page.locator('.events li').nth(6).waitFor();
    for (let i = 0; i < 2; i++) {
      killApi();
      await page.getByText('The events come no more').waitFor();
      await page.getByText('The events come no more').waitFor({ state: 'hidden' });
      const n = await page.locator('.events li').count();
      await page.locator('.events li').nth(n).waitFor(); // it goes on
    }
    await status('completed');
    await text('the run has ended');
    assert.deepEqual(await shownEvents(), await storedEvents(id));
  },
  async 'a list of runs: its API child is killed'() {
    w.expected = CUT;
    await at('runs');
    await page.locator('tbody tr').first().waitFor();
    killApi();
    const id = await until('the API is back', () => start('ask').catch(() => null));
    await page.getByRole('link', { name: id }).waitFor();
    assert.equal(await page.locator('.banner.bad').isVisible(), false);
  },
  async 'a chat: its API child is killed while an answer comes'() {
    w.expected = CUT;
    await at(`chat?agent=${AGENT.id}`);
    await page.getByLabel('Message').fill('three words here');
    const streams = page.waitForResponse((r) => r.url().includes('/stream'));
    await press('Send');
    await streams;
    killApi();
    await page.getByText('The answer comes no more').waitFor();
    await page.locator('.chat .assistant', { hasText: 'three words here' }).waitFor();
    await page.getByText('The answer comes no more').waitFor({ state: 'hidden' });
    assert.equal(await page.locator('.chat .assistant').count(), 1);
    assert.equal(await page.locator('.chat li').count(), 2);
  },
  async 'the daemon is away and comes back: seen, and nobody signs in again'() {
    w.expected = CUT;
    const id = await start('slow');
    await at(`run/${id}`);
    await page.locator('.events li').nth(4).waitFor();
    await daemon.stop('SIGKILL');
    await page.locator('.banner.bad', { hasText: 'The server cannot be reached' }).waitFor();
    await w.look('away');
    // what is asked for now is told where it was asked, and comes by itself later
    await page.evaluate(() => { location.hash = '#/workers'; });
    await text('the server cannot be reached');
    await page.evaluate((hash) => { location.hash = hash; }, `#/run/${id}`);
    daemon = await begin();
    await page.locator('.banner.bad').waitFor({ state: 'hidden', timeout: 60000 });
    await status('completed');
    await text('the run has ended');
    await until('all events are shown', async () => JSON.stringify(await shownEvents()) === JSON.stringify(await storedEvents(id)));
    // a page that is opened while the server is away waits for it
    await at('now');
    await page.locator('.tile', { hasText: 'Workers' }).waitFor();
  },
  async 'hidden, it asks for nothing; seen again, at once'() {
    await at('workers');
    await page.locator('tbody tr').first().waitFor();
    const hide = (hidden) => page.evaluate((h) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => h });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    let asked = 0;
    const count = (r) => { asked += r.url().includes('/api/'); };
    await hide(true);
    await page.waitForTimeout(500); // what is under way ends
    page.on('request', count);
    await page.waitForTimeout(7000);
    assert.equal(asked, 0);
    await hide(false);
    await until('it asks again', () => asked > 0, 2000);
    page.off('request', count);
  },
  async 'an API that is slow, one that refuses: said where it is seen, and tried again'() {
    w.expected = /503/;
    const slow = (route) => setTimeout(() => route.continue().catch(() => {}), 1500); // gone with its view
    await page.route('**/api/v2/**', slow);
    await at(`run/${await start('ask')}`);
    await text('Loading…');
    await text('A question for a person');
    assert.equal(await page.getByText('Loading…').count(), 0);
    await page.getByLabel('Why').fill('because');
    await press('Answer');
    await page.locator('button[type=submit][aria-disabled]').waitFor();
    await status('completed');
    await page.unroute('**/api/v2/**', slow);
    const away = (route) => route.fulfill({ status: 503, contentType: 'application/json', body: '{"detail":"Postgres connection not available","code":"unavailable"}' });
    await page.route('**/api/v2/**', away);
    for (const view of ['schedules', 'definitions', 'chat']) {
      await at(view);
      await page.getByText('The page tries again by itself').waitFor();
      await until('it is in sight', () => page.evaluate(() => document.querySelector('#main [role=alert]')?.getBoundingClientRect().y < 300));
    }
    await at('workers');
    await page.locator('.banner', { hasText: 'Postgres connection not available' }).waitFor();
    await at('chat');
    await page.getByText('The page tries again by itself').waitFor();
    await page.unroute('**/api/v2/**', away);
    await page.getByLabel('Message').waitFor();
    // neither is a page that is opened then taken for one that is signed out
    await page.route('**/api/session', away);
    await page.goto('about:blank');
    await at('queues');
    await text('The page tries again by itself');
    assert.equal(await page.getByLabel('API key').count(), 0);
    await page.unroute('**/api/session', away);
    await page.locator('td .badge.open').waitFor();
    // what Redis has not told is no zero, and what a host says of itself is words
    const mute = async (route) => { const r = await route.fetch(), json = await r.json(); json.queues.forEach((q) => { q.known = false; q.queued = q.active = 0; }); await route.fulfill({ json }); };
    const ill = (route) => route.fulfill({ status: 503, json: { status: 'unavailable', mode: 'scale', redis_connected: false, pg_connected: true, reason: 'Redis is not connected' } });
    await page.route('**/api/v2/queues', mute);
    await page.route('**/health', ill);
    await at('now');
    await page.locator('.alerts li', { hasText: 'The server says of itself: Redis is not connected' }).waitFor();
    await page.locator('.tile', { hasText: 'Queued' }).locator('dd', { hasText: /^—$/ }).waitFor();
    await at('queues');
    await page.locator('td[data-label=Queued]', { hasText: '—' }).waitFor();
    await page.unrouteAll({ behavior: 'wait' });
  },
  async 'a session that ends while a form is filled: the form stays'() {
    await at('start?orchestration=slow');
    await page.getByLabel('Message', { exact: true }).fill('half a story');
    postgres.sql('DELETE FROM page_sessions');
    // whichever child is asked: one of them may have looked a moment ago
    await until('the page is signed out', async () => (await page.evaluate(() => fetch('/api/v2/runs?limit=1').then((r) => r.status))) === 401);
    await page.evaluate(() => { location.hash = '#/start?orchestration=slow'; });
    await until('it is seen', async () => { await page.getByRole('button', { name: 'Start', exact: true }).click({ timeout: 500 }).catch(() => {}); return page.getByRole('dialog').isVisible(); });
    await text('You are signed out');
    await w.look('signed-out');
    await page.getByRole('dialog').getByLabel('API key').fill(`sk-syn-${'0'.repeat(64)}`);
    await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('dialog').locator('[role=alert]:not(:empty)').waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await page.getByRole('dialog').isVisible(), true);
    await page.getByRole('dialog').getByLabel('API key').fill(key);
    await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await page.getByLabel('Message', { exact: true }).inputValue(), 'half a story');
    await press('Start');
    await page.waitForURL(/#\/run\//);
    // a stream goes on as well, and another tab's sign-in is enough
    const id = page.url().split('#/run/')[1];
    await page.locator('.events li').nth(2).waitFor();
    postgres.sql('DELETE FROM page_sessions');
    killApi(); // a stream that is open is not asked who it is for
    w.expected = CUT;
    await page.getByRole('dialog').waitFor({ timeout: 60000 });
    const other = await w.context.newPage();
    await signIn(other, daemon.base, key);
    await other.close();
    await page.evaluate(() => window.dispatchEvent(new Event('focus')));
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await status('completed');
    await until('all events are shown', async () => JSON.stringify(await shownEvents()) === JSON.stringify(await storedEvents(id)));
  },
  async 'who signs in behind a session that is over sees the view, not what was refused before'() {
    await start('ask');
    const context = await w.chrome.newContext();
    const other = await context.newPage();
    await other.addInitScript(() => localStorage.setItem('synapse.signed-in', '1'));
    const refused = other.waitForResponse((r) => r.url().includes('/api/v2/runs?') && r.status() === 401);
    await other.goto(`${daemon.base}/#/runs`);
    await refused;
    await other.getByLabel('API key').fill(key);
    await other.getByRole('button', { name: 'Sign in' }).click();
    await other.locator('tbody tr').first().waitFor();
    assert.equal(await other.getByText('You are signed out').isVisible(), false);
    await context.close();
  },
  async 'who leaves what is not saved is asked'() {
    await at('definitions/orchestrations/ask');
    const box = page.getByLabel('Definition as JSON');
    await box.waitFor();
    await box.press('End');
    await page.keyboard.type(' ');
    const go = () => page.getByRole('navigation').getByRole('link', { name: 'Queues' }).click();
    await go();
    await page.getByRole('dialog').getByText('Leave without saving?').waitFor();
    await press('Keep');
    assert.match(page.url(), /definitions\/orchestrations\/ask$/);
    await go();
    await press('Leave');
    await page.getByRole('heading', { level: 1, name: 'Queues' }).waitFor();
    assert.match(page.url(), /#\/queues$/);
  },
  async 'each form says at the field what is wrong'() {
    await at('runs?since=yesterday');
    await atField('Since');
    await at('start?orchestration=slow');
    await page.getByLabel('Inputs').fill('[1]');
    await press('Start');
    await atField('Inputs');
    await page.getByLabel('Inputs').fill('');
    await page.getByLabel('Session').fill('x'.repeat(3000));
    await press('Start');
    await atField('Session');
    await at('schedules');
    await page.getByLabel('When').fill('0 4 * * *');
    await page.getByLabel('Time zone').fill('Nowhere/Land');
    await press('Make it');
    await atField('Time zone');
    await at(`chat?agent=${AGENT.id}`);
    await page.getByLabel('Message').fill('x');
    await at(`run/${await start('ask')}`);
    await text('A question for a person');
    await press('Answer');
    assert.equal(await page.getByLabel('Why').evaluate((i) => i.matches(':invalid')), true);
    await at('scale');
    await page.getByLabel('Worker concurrency').fill('0');
    await press('Save Scale Config');
    await atField('Worker concurrency');
    await w.look('scale-wrong');
    await page.getByLabel('Worker concurrency').fill('7');
    assert.equal(await page.locator('small.error').count(), 0);
    await at('definitions');
    await press('Leave');
    await page.getByLabel('Import a bundle').setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{nothing') });
    await text('is no JSON');
    await at('queues');
    await page.getByLabel('Reason of a pause').fill('x'.repeat(5000));
    await press('Pause');
    await page.locator('.error', { hasText: /./ }).first().waitFor();
  },
};

let bad = 1;
try {
  bad = await runCases(w, cases);
  if (bad && process.env.BROWSER_LOG) fs.copyFileSync(path.join(daemon.child.log), process.env.BROWSER_LOG);
} finally {
  await w.close();
  await house.end();
}
process.exitCode = bad ? 1 : 0;
