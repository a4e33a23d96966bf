// page.mjs - the page as somebody uses it: each case is a visit to one running daemon

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { runCases } from './browser.mjs';
import { fleet } from './fleet.mjs';
import { world } from './world.mjs';

const EVIL = '<img src=x onerror="window.xss=1"><script>window.xss=1</script>"\'><b>x</b>';
const END = { id: 'e', name: 'e', type: 'end' };
const ASK = { id: 'ask', name: `Ask ${EVIL}`, description: EVIL, entry_step_id: 'q', steps: [
  { id: 'q', name: EVIL, type: 'human', human_prompt: `Go on? ${EVIL}`, output_key: 'answer', next_step_id: 'p',
    human_fields: [{ name: 'ok', type: 'boolean', label: 'Yes' }, { name: 'note', type: 'textarea', label: `Note ${EVIL}` }] },
  { id: 'p', name: 'p', type: 'print', print_content: 'thanks {state.answer}', next_step_id: 'e' }, END] };
const FAILS = { id: 'fails', name: 'Fails', entry_step_id: 't', steps: [
  { id: 't', name: 't', type: 'transform', transform_code: `raise ValueError(${JSON.stringify(EVIL)})`, output_key: 'x', next_step_id: 'e' }, END] };

const w = await world();
const { page } = w;
const at = (hash) => page.goto(`${w.base}/#/${hash}`);
const text = (words) => page.getByText(words).first().waitFor();
const press = (name) => page.getByRole('button', { name, exact: true }).first().click();
const status = (word) => page.locator('.tile', { hasText: 'Status' }).getByText(word, { exact: true }).waitFor();
const start = async (id, message = EVIL) => (await w.api('POST', `/api/v2/orchestrations/${id}/run`, { message })).run_id;

const cases = {
  async 'sign-in: a bad key, a good one'() {
    await page.goto(w.base);
    await page.getByLabel('API key').fill(`sk-syn-${'0'.repeat(64)}`);
    await press('Sign in');
    await page.locator('[role=alert]:not(:empty)').waitFor();
    await w.look('sign-in');
    await page.getByLabel('API key').fill(w.key);
    await press('Sign in');
    await page.getByRole('navigation').waitFor();
    await page.reload();
    await page.getByRole('navigation').waitFor();
  },
  async 'a run is started and seen to its end'() {
    await at('start?orchestration=hello');
    await page.getByLabel('Message', { exact: true }).fill(EVIL);
    await page.getByLabel('Inputs').fill('{nothing');
    await press('Start');
    await page.locator('.field', { has: page.getByLabel('Inputs') }).getByText('Inputs are no JSON').waitFor();
    await page.getByLabel('Inputs').fill('{"customer": 7}');
    await page.getByLabel('Session').fill("o'clock");
    await page.getByLabel('Priority').fill('2');
    await w.look('start');
    const line = await page.locator('.command code').innerText();
    // who presses twice means one run
    const asked = [];
    page.on('request', (r) => { if (r.method() === 'POST' && r.url().endsWith('/hello/run')) asked.push(r.url()); });
    await page.getByRole('button', { name: 'Start', exact: true }).evaluate((b) => { b.click(); b.click(); });
    await page.waitForURL(/#\/run\//);
    assert.equal(asked.length, 1);
    // the line of the terminal starts the same
    const { stdout } = await promisify(execFile)('sh', ['-c', `"$SYNAPSED" ${line.slice('synapsed '.length)}`], { env: { ...process.env, SYNAPSED_URL: w.base, SYNAPSED_KEY: w.key } });
    const { input, inputs, session_id, priority } = await w.api('GET', `/api/v2/runs/${stdout.trim()}`);
    assert.deepEqual([input, inputs, session_id, priority], [EVIL, { customer: 7 }, "o'clock", 2]);
    await status('completed');
    await page.locator('.graph .step.completed').first().waitFor();
    await page.locator('.events').getByText('orchestration_start').waitFor();
    await text('the run has ended');
    await page.locator('.facts', { hasText: 'Accepted' }).getByText("o'clock").waitFor();
    await page.getByRole('table', { name: 'Workers that had it' }).locator('tbody tr').waitFor();
    await w.look('run');
    await page.getByRole('link', { name: 'Start another like it' }).click();
    await page.waitForURL(/#\/start\?like=/);
    await page.getByLabel('Inputs').waitFor();
    assert.equal(await page.getByLabel('Message', { exact: true }).inputValue(), EVIL);
    assert.deepEqual(JSON.parse(await page.getByLabel('Inputs').inputValue()), { customer: 7 });
    await at('run/nowhere');
    await text('There is no such run');
    assert.equal(await page.locator('.events').count(), 0);
  },
  async 'a run that waits says for what'() {
    const id = (await w.api('POST', '/api/v2/orchestrations/hello/run', { message: 'x', run_at: new Date(Date.now() + 3600e3).toISOString() })).run_id;
    await at(`run/${id}`);
    await page.locator('.why', { hasText: /^Why it waits: it is not to begin before \w+ \d/ }).waitFor();
    await page.locator('.tile', { hasText: 'Begins in' }).getByText(/^5\dm|^1h/).waitFor();
    await w.look('run-later');
    await at('runs?status=queued');
    await page.locator('td[data-label=Duration]', { hasText: 'due' }).waitFor();
    await w.api('POST', `/api/v2/orchestrations/runs/${id}/cancel`, {});
  },
  async 'a question is answered'() {
    const id = await start('ask');
    await at('approvals');
    await text('Go on?');
    assert.match(await page.locator('.command code').last().innerText(), new RegExp(`run resume ${id} --step q --field ok:=false --field note=$`));
    await w.look('approvals');
    await page.getByLabel('Yes').check();
    await page.getByLabel(/^Note/).fill(EVIL);
    await press('Answer');
    await text('Nobody is waited for');
    await at(`run/${id}`);
    await status('completed');
    const run = await w.api('GET', `/api/v2/runs/${id}`);
    assert.deepEqual(run.state.answer, { ok: true, note: EVIL });
  },
  async 'a run is cancelled'() {
    await at(`run/${await start('ask')}`);
    await text('A question for a person');
    await w.look('run-asks');
    await press('Cancel');
    await press('Keep');
    await press('Cancel');
    await press('Cancel the run');
    await status('cancelled');
  },
  async 'a run that failed says why'() {
    await at(`run/${await start('fails')}`);
    await status('failed');
    await text('ValueError');
    await page.getByRole('button', { name: 'Resume where it failed' }).waitFor();
    await page.locator('.wrong', { hasText: 'Why it failed' }).getByText('step t · class job').waitFor();
    await w.look('run-failed');
    // one of its steps by the keyboard, and on from there
    await page.locator('.graph .step.failed').focus();
    await page.keyboard.press('Enter');
    await page.locator('section.step .facts', { hasText: 'transform' }).waitFor();
    await w.look('run-step');
    await page.getByRole('button', { name: 'Resume from step t' }).click();
    await text('It goes on from t as a new attempt');
    await page.locator('.facts', { hasText: 'Attempt' }).getByText('2', { exact: true }).waitFor();
    await status('failed');
    await page.locator('section.step').getByRole('button', { name: 'Close' }).click();
    await page.locator('section.step').waitFor({ state: 'hidden' });
  },
  async 'a graph: what comes after stands below, and where a run stands is in sight'() {
    const step = (id, more) => ({ id, name: id, type: 'print', print_content: 'x', ...more });
    const deep = Array.from({ length: 30 }, (_, i) => step(`s${i}`, { next_step_id: `s${i + 1}` }));
    deep.push({ id: 's30', name: 's30', type: 'transform', transform_code: 'raise ValueError("at the end")', output_key: 'x' });
    await w.api('PUT', '/api/v2/orchestrations/deep', { id: 'deep', name: 'Deep', entry_step_id: 's0', steps: deep });
    await w.api('PUT', '/api/v2/orchestrations/branches', { id: 'branches', name: 'Branches', entry_step_id: 'p', steps: [
      step('e'), { id: 'p', name: 'p', type: 'parallel', parallel_branches: [['a1', 'a2'], ['b1'], ['c1']], next_step_id: 'l' },
      ...['a1', 'a2', 'b1', 'c1', 'in1', 'in2'].map((id) => step(id)), { id: 'l', name: 'l', type: 'loop', loop_count: 2, loop_step_ids: ['in1', 'in2'], next_step_id: 'e' }] });
    await at(`run/${await start('deep')}`);
    await status('failed');
    const inSight = () => page.locator('.graph .failed').evaluate((g) => { const box = g.closest('.scroll').getBoundingClientRect(), { top, bottom } = g.getBoundingClientRect(); return top >= box.top && bottom <= box.bottom; });
    for (let i = 0; !await inSight(); i++) { assert.ok(i < 100, 'it is not scrolled to'); await page.waitForTimeout(50); }
    await w.look('run-deep');
    await at('definitions/orchestrations/branches');
    await page.locator('.graph').waitFor();
    const at_ = Object.fromEntries(await page.locator('.graph .step').evaluateAll((all) => all.map((g) => [g.querySelector('.name').textContent, /\(([\d.]+) ([\d.]+)\)/.exec(g.getAttribute('transform')).slice(1).map(Number)])));
    const x = (id) => at_[id][0], y = (id) => at_[id][1];
    assert.deepEqual([y('a1'), y('b1'), y('c1')], [y('a1'), y('a1'), y('a1')]);
    for (const [above, below] of [['p', 'a1'], ['a1', 'a2'], ['a2', 'l'], ['l', 'in1'], ['in1', 'in2'], ['in2', 'e']]) assert.ok(y(above) < y(below), `${above} ${below}`);
    assert.ok(x('a1') < x('b1') && x('b1') < x('c1'));
    await page.locator('.graph .step').first().waitFor();
    await w.look('definition-branches');
    for (const id of ['deep', 'branches']) await w.api('DELETE', `/api/v2/orchestrations/${id}`);
  },
  async 'what each step cost stands beside it'() {
    await at(`run/${await start('summary', 'one two three')}`);
    await status('completed');
    const row = page.getByRole('table', { name: 'Steps in the order' }).locator('tbody tr').first();
    await row.locator('td[data-label=Tokens]', { hasText: /\d/ }).waitFor();
    await row.locator('td[data-label=Cost]', { hasText: '$' }).waitFor();
    await row.getByRole('button').click();
    await page.locator('section.step').getByText(/mock\.\S+: \d+ in, \d+ out/).waitFor();
    await page.locator('section.step summary', { hasText: 'Output' }).click();
    await page.locator('section.step details[open] pre', { hasText: /\w/ }).waitFor();
  },
  async 'a definition is edited: an error at its line, versions'() {
    await at('definitions');
    await text('Hello');
    await w.look('definitions');
    await at('definitions/orchestrations/hello');
    const box = page.getByLabel('Definition as JSON');
    await box.waitFor();
    const good = await box.inputValue();
    const line = good.split('\n').findIndex((l) => l.includes('"entry_step_id"')) + 1;
    await box.fill(good.replace(/"entry_step_id": "[^"]*"/, '"entry_step_id": "nowhere"'));
    await press('Save');
    await page.getByRole('button', { name: `line ${line}`, exact: true }).click();
    const marked = await box.evaluate((b) => b.value.slice(b.selectionStart, b.selectionEnd));
    assert.match(marked, /nowhere/);
    // the line is marked at its number, and what is wrong stands beside it, for the eye alone
    const code = page.locator('.codebox'), beside = code.locator('.said-there');
    assert.deepEqual(await code.locator('.behind > div').evaluateAll((all) => all.flatMap((d, i) => (d.classList.contains('wrong') ? [i + 1] : []))), [line]);
    await beside.getByText('nowhere').waitFor();
    assert.equal(await box.getAttribute('aria-invalid'), 'true');
    assert.equal(await page.locator('[aria-hidden=true] .said-there, .said-there[aria-hidden=true]').count(), 1);
    await w.look('definition');
    // lines that wrap are as high behind the text as in it; what is far down is scrolled to
    const long = JSON.stringify({ ...JSON.parse(good), description: 'a long sentence that wraps, '.repeat(30), more: Array.from({ length: 80 }, (_, i) => i) }, null, 2);
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 });
      await box.fill(long.replace('    79', '    79,,'));
      assert.equal(await code.locator('.wrong').count(), 0);
      assert.equal(await beside.isVisible(), false);
      const high = await code.evaluate((c) => { const t = c.querySelector('textarea'); return [t.scrollHeight, t.clientHeight, c.querySelector('.behind').offsetHeight, document.documentElement.scrollWidth - window.innerWidth]; });
      assert.ok(high[0] === high[1] && high[1] === high[2] && high[3] <= 0, String(high));
      await press('Check');
      await text('That is no JSON');
      const there = await code.evaluate((c) => { const outer = c.getBoundingClientRect(), { top, bottom, right } = c.querySelector('.wrong').getBoundingClientRect(), said = c.querySelector('.said-there').getBoundingClientRect();
        return top >= outer.top && bottom <= outer.bottom && right <= outer.right && said.width > 0 && said.bottom <= outer.bottom && said.right <= outer.right && Math.abs(said.top - top) < 80; });
      assert.ok(there, `${width}`);
      assert.equal(await code.locator('.wrong').textContent(), '    79,,');
      await w.look(`definition-line-${width}`);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    // a line is put in front: the numbers follow; and what was typed is taken back
    await box.evaluate((b) => { b.focus(); b.setSelectionRange(1, 1); });
    await page.keyboard.type('\n');
    assert.equal(await code.locator('.behind > div').count(), long.split('\n').length + 1);
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    assert.equal(await code.locator('.behind > div').count(), (await box.inputValue()).split('\n').length);
    for (const [bad, at] of [[`${good}}`, good.split('\n').length], ['{\n"a": 1,\n\n', 2], ['{\n"a": tru\n}', 2], ["{\n'a': 1}", 2], ['', 1]]) {
      await box.fill(bad);
      await press('Check');
      await page.locator('.problems').getByRole('button', { name: `line ${at}`, exact: true }).waitFor();
    }
    await box.fill(good.replace(/"name": "[^"]*"/, '"name": "Hello again"'));
    await press('Save');
    await text('Stored as version 2.');
    await page.getByRole('button', { name: 'Differences to the one before, of version 2' }).click();
    await page.locator('.diff .come', { hasText: 'Hello again' }).waitFor();
    // somebody else stores another one meanwhile: theirs is not overwritten unseen
    await w.api('PUT', '/api/v2/orchestrations/hello', { ...JSON.parse(good), name: 'Of somebody else' });
    await box.fill(good.replace(/"name": "[^"]*"/, '"name": "Of mine"'));
    await press('Save');
    await page.getByRole('dialog').getByText('Somebody else changed it meanwhile').waitFor();
    await press('Keep');
    assert.equal((await w.api('GET', '/api/v2/orchestrations/hello')).name, 'Of somebody else');
    await press('Save');
    await page.getByRole('dialog').getByRole('button', { name: 'Store it' }).click();
    await text('Stored as version 4.');
    // and what was before comes back
    await page.getByRole('button', { name: 'Into the editor, version 1' }).click();
    await text('Version 1 is in the editor');
    await box.press('Control+z');
    assert.match(await box.inputValue(), /Of mine/);
    await box.press('Control+Shift+z');
    assert.deepEqual(JSON.parse(await box.inputValue()), JSON.parse(good));
    await w.look('definition-versions');
    await press('Save');
    await text('Stored as version 5.');
  },
  async 'a chat, and the same one when the page comes back'() {
    await at('chat?agent=worker');
    await page.getByLabel('Message').fill('one two');
    await press('Send');
    await page.locator('.chat .assistant', { hasText: 'one two' }).waitFor();
    await w.look('chat');
    await page.reload();
    await page.locator('.chat .assistant', { hasText: 'one two' }).waitFor();
    const lines = await page.locator('.command code').allInnerTexts();
    assert.match(lines[0], /^synapsed chat send --agent worker --session \S+ --tail Hello$/);
    assert.match(lines[1], /^synapsed chat status \S+$/);
    await at('chat/nobody');
    await text('There is no conversation nobody');
  },
  async 'an answer that comes is stopped'() {
    await at('chat?agent=slow-agent');
    await page.getByLabel('Message').fill('think');
    await press('Send');
    await press('Stop the answer');
    await page.locator('.chat .assistant', { hasText: 'stopped' }).waitFor();
    await page.getByRole('button', { name: 'Stop the answer' }).waitFor({ state: 'hidden' });
    await page.reload();
    await page.locator('.chat .assistant', { hasText: 'stopped' }).waitFor();
    await at('chat?agent=broken-agent');
    await page.getByLabel('Message').fill('think');
    await press('Send');
    await page.locator('.chat .assistant', { hasText: 'mock.fail' }).waitFor();
    await press('Say it again');
    assert.equal(await page.getByLabel('Message').inputValue(), 'think');
    await page.reload();
    await page.locator('.chat .assistant', { hasText: 'mock.fail' }).waitFor();
  },
  async 'runs by a filter, those selected, those of the filter'() {
    await start('fails');
    await at('runs?status=failed');
    await page.locator('tbody tr').nth(1).waitFor();
    await w.look('runs');
    await page.getByLabel(/^Select run_/).first().check();
    await press('Delete');
    await page.getByRole('dialog').waitFor();
    await page.evaluate(() => { location.hash = '#/now'; }); // who goes elsewhere has not said yes
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await at('runs?status=failed');
    await page.getByLabel(/^Select run_/).first().check();
    await press('Delete');
    await page.getByRole('dialog').getByRole('button', { name: /^Delete/ }).click();
    await text('Delete: 1 done');
    await press('Delete');
    await page.getByRole('dialog').getByRole('button', { name: /^Delete/ }).click();
    await text('No run fits these filters');
  },
  async 'a queue is paused and goes on'() {
    await at('queues');
    await page.getByLabel('Reason of a pause').fill(EVIL);
    await press('Pause');
    await page.locator('td .badge.paused').waitFor();
    await w.look('queues');
    await at(`run/${await start('hello')}`);
    await text(/paused/);
    await at('queues');
    await press('Resume');
    await page.locator('td .badge.open').waitFor();
  },
  async 'a schedule is made, paused, deleted'() {
    await at('schedules');
    await page.getByLabel('When').fill('61 * * * *');
    await press('Make it');
    await page.locator('.field', { has: page.getByLabel('When') }).locator('.error').waitFor();
    await page.getByLabel('When').fill('0 4 * * *');
    await press('Make it');
    await page.locator('tbody tr').waitFor();
    await w.look('schedules');
    await page.getByRole('button', { name: /^Pause / }).click();
    await page.locator('td .badge.paused').waitFor();
    // one of them: what its runs get is changed, it stays paused; runs for moments of before
    await page.locator('tbody a').click();
    await page.getByRole('heading', { name: 'What it fired' }).waitFor();
    await page.getByLabel('Inputs').fill('{"customer": 7');
    await press('Save');
    await text('Inputs are no JSON');
    await page.getByLabel('Inputs').fill('{"customer": 7}');
    await page.getByLabel('Message').fill(EVIL);
    await press('Save');
    await text('Saved.');
    const [now] = (await w.api('GET', '/api/v2/schedules')).schedules;
    assert.deepEqual([now.run.inputs, now.run.message, now.paused, now.version], [{ customer: 7 }, EVIL, true, 3]);
    await press('Start them');
    await text('A moment is needed.');
    const day = (back) => `${new Date(Date.now() - back * 86400000).toISOString().slice(0, 10)}T00:00`;
    await page.getByLabel('From (UTC)').fill(day(3));
    await page.getByLabel('Before (UTC)').fill(day(1));
    await press('Start them');
    await page.getByRole('dialog').getByRole('button', { name: 'Start them' }).click();
    await text('2 of 2 moments get a run.');
    await page.locator('tbody a', { hasText: 'run_' }).nth(1).waitFor();
    await w.look('schedule');
    await page.getByRole('button', { name: /^Delete / }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await text('There are none.');
  },
  async 'settings: tests in words, what is pinned, what is saved'() {
    await at('scale');
    await text('change it there'); // the stores are those of dev's own file
    for (const name of ['Redis', 'Postgres']) { // by the passwords that are not shown
      await press(`Test ${name}`);
      await page.locator('.said.good', { hasText: new RegExp(`Connected: ${name}`, 'i') }).waitFor();
    }
    const [redis, postgres] = await Promise.all(['Redis URL', 'Postgres URL'].map((label) => page.getByLabel(label).inputValue()));
    const tls = `postgresql://synapsed@127.0.0.1:${new URL(w.base).port}/x`;
    for (const [name, url, words] of [['Redis', 'redis://127.0.0.1:1', 'Nothing listens there'], ['Redis', redis.replace('***', 'wrong'), 'User or password is wrong'],
      ['Redis', `rediss://127.0.0.1:${new URL(w.base).port}`, 'TLS did not come about'], ['Redis', 'redis://nobody.invalid:6379', 'There is no host of this name'], ['Redis', `redis://127.0.0.1:${new URL(w.base).port}`, 'Something else listens there'], ['Redis', 'http://x', 'This URL cannot be used'],
      ['Redis', redis.replace('redis.sock', 'other.sock'), 'in place of ***'], ['Postgres', postgres.replace('/postgres?', '/nothing?'), 'no such database'], ['Postgres', tls.replace(/:\d+\//, ':1/'), 'Nothing listens there']]) {
      await page.getByLabel(`${name} URL`).evaluate((i, value) => { i.value = value; }, url);
      await press(`Test ${name}`);
      await page.locator('.said.error, .field .error', { hasText: words }).waitFor();
    }
    await w.look('scale-wrong');
    await at('now');
    await press('Leave'); // what was typed is not saved
    await page.locator('.tile').first().waitFor();
    await at('scale');
    await page.getByText('All options of this host').click();
    await page.getByLabel('Find an option').fill('redis.url');
    await page.locator('tr', { hasText: 'redis.url' }).getByText('***').waitFor();
    await page.getByLabel('Runs a second for each tenant').fill('900');
    await text('Not saved yet: Runs a second for each tenant.');
    await press('Save Scale Config');
    await text('Saved: limits.rate_per_tenant');
    await text('saved settings of the fleet, version 1');
    assert.equal(await page.getByLabel('Runs a second for each tenant').inputValue(), '900');
    await page.getByLabel('Metrics token').fill('m3trics');
    await press('Save Scale Config');
    await text('Saved: metrics.token.');
    assert.equal(await page.evaluate(async () => (await fetch('/api/v2/metrics')).status), 401);
    await w.look('scale');
    await press('Sync Now');
    await text(/\d+ synced/);
  },
  async 'the other views'() {
    for (const [hash, words] of [['dead-letters', 'There is no open dead letter.'], ['definitions?kind=agents', 'Worker']]) {
      await at(hash);
      await text(words);
      await w.look(hash.replace(/\W/g, '-'));
    }
    await at('nothing');
    await text('There is no such view');
  },
  ...fleet(w, { at, text, press, start, EVIL }),
  async 'signed out'() {
    await at('now');
    await press('Sign out');
    await page.getByLabel('API key').waitFor();
    await page.reload();
    await page.getByLabel('API key').waitFor();
  },
};

let bad = 1;
try {
  await w.api('PUT', '/api/v2/agents/slow-agent', { id: 'slow-agent', name: 'Slow', model: 'mock.sleep:60000', system_prompt: 'x', tools: [] });
  await w.api('PUT', '/api/v2/agents/broken-agent', { id: 'broken-agent', name: 'Broken', model: 'mock.fail:job', system_prompt: 'x', tools: [] });
  for (const definition of [ASK, FAILS]) await w.api('PUT', `/api/v2/orchestrations/${definition.id}`, definition);
  bad = await runCases(w, cases);
} finally {
  await w.end();
}
process.exitCode = bad ? 1 : 0;
