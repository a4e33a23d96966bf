// big.mjs - the page with much of everything: bytes and requests of the first load, a hundred
// thousand runs in Postgres, ten thousand on the page, two thousand events at once, a live view
// for as long as somebody looks at it
//
// PAGE_ROWS=n and PAGE_MINUTES=n make it larger and longer (make bench-page). Script is counted
// as CPU time of the page's main thread, so that other work of the machine is not.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';

import { apiOf, browser, runCases, signIn } from './browser.mjs';
import { household, until } from './servers.mjs';

const ROWS = Number(process.env.PAGE_ROWS ?? 100000), MINUTES = Number(process.env.PAGE_MINUTES ?? 0.25);
const FIRST_LOAD_MAX = 200 * 1024, SCRIPT_MAX_MS = 50, ON_PAGE = 10000;
const burst = (id, count, model) => ({ id, name: id, entry_step_id: 'wait', steps: [
  { id: 'wait', name: 'wait', type: 'llm', model: 'mock.sleep:3000', prompt_template: 'x', output_key: 'w', next_step_id: 'loop' },
  { id: 'loop', name: 'loop', type: 'loop', loop_count: count, loop_step_ids: ['p'], next_step_id: 'end' },
  model ? { id: 'p', name: 'p', type: 'llm', model, prompt_template: 'x', output_key: 'o' } : { id: 'p', name: 'p', type: 'print', print_content: 'x' },
  { id: 'end', name: 'end', type: 'end' }] });

const house = household();
const [redis, postgres] = [await house.redis(), await house.postgres()];
const daemon = await house.daemon('host', { env: { REDIS_URL: redis.url, SCALE_POSTGRES_URL: postgres.url } });
const key = `sk-syn-${'cd'.repeat(32)}`;
postgres.sql(`INSERT INTO api_keys (id, name, key_hash, key_prefix) VALUES (gen_random_uuid(), 'me', '${crypto.createHash('sha256').update(key).digest('hex')}', 'sk-syn-cdcd')`);
const api = apiOf(daemon.base, key);
const w = await browser(['--enable-precise-memory-info']);
const { page } = w;
const cdp = await w.context.newCDPSession(page);
const figures = [];
const figure = (name, value) => { figures.push([name, value]); console.log(`     ${name}: ${value}`); };
const at = (hash) => page.goto(`${daemon.base}/#/${hash}`);
const start = async (id) => (await api('POST', `/api/v2/orchestrations/${id}/run`, {})).run_id;

async function heap() {
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  const { nodes } = await cdp.send('Memory.getDOMCounters');
  return { kib: Math.round(usedSize / 1024), nodes };
}

// The longest that script, and that a whole turn of the main thread, took while `act` went on:
// {script, task, wall} in ms.
async function measured(act) {
  await w.chrome.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] });
  await act();
  const { traceEvents } = JSON.parse(await w.chrome.stopTracing());
  const busy = new Set(traceEvents.filter((e) => e.name === 'FunctionCall').map((e) => `${e.pid} ${e.tid}`));
  const main = traceEvents.find((e) => e.name === 'thread_name' && e.args.name === 'CrRendererMain' && busy.has(`${e.pid} ${e.tid}`));
  const mine = traceEvents.filter((e) => e.ph === 'X' && e.pid === main?.pid && e.tid === main?.tid);
  const tasks = mine.filter((e) => e.name.endsWith('RunTask')).sort((a, b) => a.ts - b.ts);
  const cpu = (e) => (e.tdur ?? e.dur) / 1000;
  const longest = (list, of) => list.reduce((n, e) => Math.max(n, of(e)), 0);
  // of what is nested only the outermost counts
  const SCRIPT = new Set(['FunctionCall', 'EvaluateScript', 'RunMicrotasks', 'FireAnimationFrame', 'TimerFire', 'EventDispatch', 'XHRReadyStateChange']);
  const scripts = mine.filter((e) => SCRIPT.has(e.name)).sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  let end = 0;
  const outer = scripts.filter((e) => { if (e.ts < end) return false; end = e.ts + e.dur; return true; });
  let at = 0;
  const perTask = tasks.map((t) => {
    let sum = 0;
    while (at < outer.length && outer[at].ts < t.ts) at++;
    for (; at < outer.length && outer[at].ts < t.ts + t.dur; at++) sum += cpu(outer[at]);
    return sum;
  });
  return { script: perTask.reduce((a, b) => Math.max(a, b), 0), task: longest(tasks, cpu), wall: longest(tasks, (e) => e.dur / 1000) };
}
const said = (m) => `script ${m.script.toFixed(1)} ms, whole turn ${m.task.toFixed(1)} ms (wall ${m.wall.toFixed(1)} ms)`;

const cases = {
  async 'sign-in: bytes and requests of the first load'() {
    const loads = new Map();
    await cdp.send('Network.enable');
    await cdp.send('Network.setCacheDisabled', { cacheDisabled: true });
    cdp.on('Network.requestWillBeSent', (e) => loads.set(e.requestId, { url: e.request.url, sent: e.timestamp, by: e.initiator.type }));
    cdp.on('Network.responseReceived', (e) => { const l = loads.get(e.requestId); if (l) l.came = e.timestamp; });
    cdp.on('Network.loadingFinished', (e) => { const l = loads.get(e.requestId); if (l) l.bytes = e.encodedDataLength; });
    await page.goto(daemon.base);
    await page.getByLabel('API key').waitFor();
    await until('everything is loaded', () => [...loads.values()].every((l) => l.bytes !== undefined));
    const files = [...loads.values()].filter((l) => !l.url.includes('/api/'));
    const bytes = files.reduce((n, l) => n + l.bytes, 0);
    const html = files.find((l) => new URL(l.url).pathname === '/');
    const rest = files.filter((l) => l !== html);
    figure('first load', `${(bytes / 1024).toFixed(1)} KiB in ${files.length} requests (at most ${FIRST_LOAD_MAX / 1024} KiB)`);
    assert.ok(bytes <= FIRST_LOAD_MAX, `${bytes} bytes`);
    // one round: what the first answer names, and nothing that another file names first
    assert.deepEqual(rest.filter((l) => l.by !== 'parser' && !l.url.endsWith('icon.svg')).map((l) => l.url), []);
    assert.ok(files.every((l) => l.url.startsWith(daemon.base)), 'from here alone');
    await cdp.send('Network.setCacheDisabled', { cacheDisabled: false });
    await cdp.send('Network.disable');
    await signIn(page, daemon.base, key);
    for (const d of [burst('burst', 670), burst('long', 10000, 'mock.sleep:300')]) await api('PUT', `/api/v2/orchestrations/${d.id}`, d);
  },
  async 'time to the first row'() {
    postgres.sql(`INSERT INTO orchestration_runs (run_id, orchestration_id, tenant_id, status, shared_state, step_history, created_at, started_at, ended_at)
      SELECT 'run_' || lpad(i::text, 12, '0'), 'burst', 'default', CASE i % 10 WHEN 3 THEN 'failed' ELSE 'completed' END, '{}', '[]',
        now() - i * interval '1 second', now() - i * interval '1 second', now() - i * interval '1 second' + interval '500 ms' FROM generate_series(1, ${ROWS}) AS i`);
    postgres.sql('ANALYZE orchestration_runs');
    const times = [];
    let asked = [];
    page.on('request', (r) => { asked.push(new URL(r.url()).pathname); });
    for (let i = 0; i < 5; i++) {
      asked = [];
      await page.goto('about:blank');
      await at('runs');
      await page.locator('tbody tr a').first().waitFor();
      times.push(await page.evaluate(() => performance.now()));
      // who has the files asks for none of them, and for the list once, beside the session
      if (i) assert.deepEqual(asked.filter((p) => p.startsWith('/api/')).sort(), ['/api/session', '/api/v2/runs']);
      // its list is under way before what draws it has run
      assert.ok(await page.evaluate(() => performance.getEntriesByType('resource').find((e) => e.name.includes('/api/v2/runs')).startTime
        < performance.getEntriesByType('navigation')[0].domContentLoadedEventStart));
      if (i) assert.deepEqual(await page.evaluate(() => performance.getEntriesByType('resource').filter((e) => e.name.includes('/ui/') && e.transferSize > 0).map((e) => e.name)), []);
    }
    figure(`to the first row, ${ROWS} runs in Postgres`, `${times.map((t) => Math.round(t)).join(', ')} ms from the address on`);
  },
  async 'ten thousand runs on the page'() {
    await page.getByText('live').locator('input').uncheck();
    const before = await heap();
    const m = await measured(async () => {
      for (let have = await page.locator('tbody tr:not(.gap)').count(); have < ON_PAGE;) {
        await page.getByRole('button', { name: 'Show more' }).click();
        have += 200;
        await page.getByText(`${have} rows`).waitFor();
      }
    });
    figure(`${ON_PAGE} rows loaded`, said(m));
    const scrolled = await measured(async () => {
      for (let i = 0; i < 60; i++) {
        await page.mouse.wheel(0, i % 3 ? 900 : 9000);
        await page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));
      }
      await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight / 2));
      await page.locator('tbody tr:not(.gap)').first().waitFor();
    });
    figure('scrolled through', said(scrolled));
    const drawn = await page.locator('tbody tr:not(.gap)').count(), after = await heap();
    figure('drawn of them', `${drawn}; heap ${before.kib} KiB before, ${after.kib} KiB with them; ${after.nodes} nodes`);
    assert.ok(drawn < 1000);
    for (const one of [m, scrolled]) assert.ok(one.script <= SCRIPT_MAX_MS, said(one));
    // what is chosen far down is still chosen when it is drawn again
    await page.locator('td.pick input').last().check();
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.getByText('1 selected:').waitFor();
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    await page.getByRole('button', { name: 'Show more' }).waitFor();
  },
  async 'a run with two thousand events, live'() {
    const id = await start('burst');
    await at(`run/${id}`);
    await page.locator('.events li').first().waitFor();
    const before = await heap();
    const m = await measured(async () => {
      await page.getByText('the run has ended').waitFor({ timeout: 120000 });
      await page.locator('.tile', { hasText: 'completed' }).waitFor();
      await page.waitForTimeout(500);
    });
    let stored = 0;
    for (let from = ''; ;) {
      const { events } = await api('GET', `/api/v2/orchestrations/runs/${id}/events?limit=1000${from}`);
      stored += events.length;
      if (events.length < 1000) break;
      from = `&start=(${events.at(-1).id}`;
    }
    const shown = await page.locator('.events li').count();
    const [older] = /\d+/.exec(await page.getByText('older ones are not shown').textContent());
    figure('events', `${stored} came, ${shown} are shown; ${said(m)}`);
    const row = await api('GET', `/api/v2/orchestrations/runs/${id}/status`);
    figure('that run took', `${((new Date(row.ended_at.replace(' ', 'T')) - new Date(row.started_at.replace(' ', 'T'))) / 1000).toFixed(1)} s`);
    assert.ok(stored >= 2000);
    assert.equal(shown + Number(older), stored);
    assert.ok(m.script <= SCRIPT_MAX_MS, said(m));
    const after = await heap();
    figure('heap of that view', `${before.kib} KiB before, ${after.kib} KiB after; ${after.nodes} nodes`);
    await page.getByRole('button', { name: 'Show all events' }).click();
    const all = page.getByRole('table', { name: 'All events' });
    await all.locator('tbody tr').first().waitFor();
    await all.getByText('orchestration_start').waitFor();
  },
  async 'a live view, for a while'() {
    const id = await start('long');
    await at(`run/${id}`);
    await page.locator('.events li').nth(20).waitFor();
    await page.waitForTimeout(5000);
    const sizes = [await heap()];
    const end = Date.now() + MINUTES * 60000;
    while (Date.now() < end) {
      await page.waitForTimeout(Math.min(60000, Math.max(1000, (MINUTES * 60000) / 10)));
      sizes.push(await heap());
      if (MINUTES >= 1) console.log(`     ${new Date().toISOString()} ${sizes.at(-1).kib} KiB, ${sizes.at(-1).nodes} nodes`);
    }
    figure(`heap of a live view, ${MINUTES} minutes`, `${sizes[0].kib} KiB at first, ${sizes.at(-1).kib} KiB at last, ${Math.max(...sizes.map((s) => s.kib))} KiB at most; nodes ${sizes[0].nodes}, ${sizes.at(-1).nodes}`);
    assert.ok(sizes.at(-1).kib < 32 * 1024, 'it grows');
    await api('POST', `/api/v2/orchestrations/runs/${id}/cancel`);
  },
};

let bad = 1;
try {
  bad = await runCases(w, cases);
  console.log(figures.map(([name, value]) => `${name}: ${value}`).join('\n'));
} finally {
  await w.close();
  await house.end();
}
process.exitCode = bad ? 1 : 0;
