// keys.mjs - the page with the keyboard alone: what can be reached, what is seen of it, where the
// focus is afterwards; and what a screen reader is told

import assert from 'node:assert/strict';

import { runCases } from './browser.mjs';
import { world } from './world.mjs';

const w = await world();
const { page } = w;
const key = (name) => page.keyboard.press(name);
const SLOW = { id: 'slow', name: 'Slow', entry_step_id: 'a', steps: [
  { id: 'a', name: 'a', type: 'llm', model: 'mock.sleep:60000', prompt_template: 'x', output_key: 'x' }] };
const ASK = { id: 'ask', name: 'Ask', entry_step_id: 'q', steps: [
  { id: 'q', name: 'q', type: 'human', human_prompt: 'Go on?', output_key: 'answer', human_fields: [{ name: 'why', type: 'text', label: 'Why' }] }] };
const VIEWS = ['now', 'runs', 'start', 'approvals', 'chat', 'schedules', 'analytics', 'definitions', 'workers', 'queues', 'dead-letters', 'scale', 'keys'];

// What has the focus: its words, whether its outline is seen, whether it is inside the window.
const focus = () => page.evaluate(() => {
  const e = document.activeElement, frame = e.closest('.codebox') ?? e, box = frame.getBoundingClientRect(), style = getComputedStyle(frame);
  return { tag: e.tagName, name: (e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent ?? '').trim().slice(0, 60),
    seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || e.matches('option'), inside: box.top < innerHeight && box.bottom > 0, view: !!e.closest('#main') };
});
// Tab until something with that name has the focus.
async function tabTo(name, max = 80) {
  for (let i = 0; i < max; i++) {
    const now = await focus();
    if (name instanceof RegExp ? name.test(now.name) : now.name === name) return now;
    await key('Tab');
  }
  throw new Error(`the focus does not come to ${name}`);
}
async function go(hash, words) {
  await page.evaluate((h) => { location.hash = h; }, `#/${hash}`);
  await page.locator('h1').first().waitFor();
  if (words) await page.getByText(words).first().waitFor();
}

const cases = {
  async 'sign-in: the key, Enter'() {
    await page.goto(w.base);
    await page.getByLabel('API key').waitFor();
    assert.equal((await focus()).name, 'API key');
    await page.keyboard.type(w.key);
    await key('Enter');
    await page.getByRole('navigation').waitFor();
  },
  async 'in every view Tab reaches each control, and what has the focus is seen'() {
    for (const hash of [...VIEWS, `run/${(await w.api('POST', '/api/v2/orchestrations/hello/run', {})).run_id}`, 'definitions/orchestrations/hello']) {
      await go(hash);
      await page.waitForTimeout(300);
      const want = await page.evaluate(() => [...document.querySelectorAll('#main a[href], #main button, #main input, #main select, #main textarea, #main summary')]
        .filter((e) => e.checkVisibility() && !e.disabled).length);
      const got = new Set();
      for (let i = 0; i < want * 2 + 60; i++) {
        await key('Tab');
        const now = await focus();
        if (now.tag === 'BODY') continue;
        assert.ok(now.seen, `${hash}: no outline at ${now.tag} ${now.name}`);
        assert.ok(now.inside, `${hash}: outside of the window: ${now.tag} ${now.name}`);
        const id = await page.evaluate(() => { const e = document.activeElement; window.marks ??= new WeakMap(); window.count ??= 0; if (!window.marks.has(e)) window.marks.set(e, ++window.count); return e.closest('#main') && e.matches('a, button, input, select, textarea, summary') ? window.marks.get(e) : 0; });
        if (id) got.add(id);
        if (got.size >= want) break;
      }
      assert.ok(got.size >= want, `${hash}: ${got.size} of ${want} controls are reached`);
    }
  },
  async 'the link in front of all leads to the content; a view that opens has the focus'() {
    await go('now');
    await page.reload();
    await page.getByRole('navigation').waitFor();
    await page.evaluate(() => document.activeElement.blur());
    await key('Tab');
    assert.equal((await focus()).name, 'Skip to the content');
    await key('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await page.evaluate(() => document.activeElement.blur());
    await tabTo('Queues');
    await key('Enter');
    await page.getByRole('heading', { level: 1, name: 'Queues' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Queues');
    assert.match(await page.title(), /^Queues/);
    assert.equal(await page.locator('nav [aria-current=page]').textContent(), 'Queues');
  },
  async 'a run is started, and cancelled by a question that Escape leaves'() {
    await go('start?orchestration=slow');
    await tabTo('Message');
    await page.keyboard.type('by keys');
    await tabTo('Start');
    await key('Space');
    await page.waitForURL(/#\/run\//);
    await page.locator('.tile', { hasText: 'running' }).waitFor();
    await tabTo('Cancel');
    await key('Enter');
    await page.getByRole('dialog').waitFor();
    assert.equal((await focus()).name, 'Keep');
    await key('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal((await focus()).name, 'Cancel');
    // the view is drawn again and again meanwhile; who stands somewhere stays there
    await page.waitForTimeout(3500);
    assert.equal((await focus()).name, 'Cancel');
    await key('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo('Cancel the run');
    await key('Enter');
    await page.locator('.tile', { hasText: 'cancelled' }).waitFor();
    assert.notEqual((await focus()).tag, 'BODY');
    // the graph's steps are reached and say their state
    const step = await tabTo(/^a, llm/);
    assert.match(step.name, /a, llm, \w+/);
    // what a screen reader hears of it
    await page.locator('[role=status]', { hasText: 'cancelled' }).first().waitFor({ state: 'attached' });
  },
  async 'a question is answered'() {
    await w.api('POST', '/api/v2/orchestrations/ask/run', {});
    await go('approvals', 'Go on?');
    await tabTo('Why');
    await page.keyboard.type('because');
    await page.waitForTimeout(4500); // it is asked again: what is typed stays
    assert.equal(await page.getByLabel('Why').inputValue(), 'because');
    assert.equal((await focus()).name, 'Why');
    await key('Enter');
    await page.getByText('Nobody is waited for').waitFor();
    await page.locator('[role=status]', { hasText: 'Answered' }).waitFor();
    assert.notEqual((await focus()).tag, 'BODY');
  },
  async 'rows that are drawn again leave the focus where it is'() {
    await go('runs');
    await page.locator('tbody tr').nth(1).waitFor();
    await tabTo(/^run_/);
    const name = (await focus()).name;
    const made = (await w.api('POST', '/api/v2/orchestrations/hello/run', {})).run_id;
    await page.getByRole('link', { name: made }).waitFor();
    assert.equal((await focus()).name, name);
    await key('Shift+Tab');
    await key('Space');
    await page.getByText('1 selected:').waitFor();
    await page.locator('.acts').getByRole('button', { name: 'Delete' }).focus();
    await key('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo('Delete one run');
    await key('Enter');
    await page.getByText('Delete: 1 done').waitFor();
    assert.equal((await focus()).name, 'Delete');
    await go('queues');
    await page.locator('tbody tr').first().waitFor();
    await tabTo('Pause');
    await key('Enter');
    await page.locator('td .badge.paused').waitFor();
    assert.equal((await focus()).name, 'Resume');
    await key('Enter');
    await page.locator('td .badge.open').waitFor();
    assert.equal((await focus()).name, 'Pause');
    await page.waitForTimeout(3500);
    assert.equal((await focus()).name, 'Pause');
  },
  async 'who does not want motion has none; who selects text keeps it'() {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await go(`run/${(await w.api('POST', '/api/v2/orchestrations/slow/run', {})).run_id}`);
    await page.locator('.graph .running').waitFor();
    assert.equal(await page.locator('.graph .running rect').evaluate((e) => getComputedStyle(e).animationName), 'none');
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    assert.equal(await page.locator('.graph .running rect').evaluate((e) => getComputedStyle(e).animationName), 'lit');
    await go('now');
    const cell = page.locator('tbody td').nth(2);
    await cell.waitFor();
    await cell.evaluate((c) => getSelection().selectAllChildren(c));
    const words = await page.evaluate(() => getSelection().toString());
    await page.waitForTimeout(3500);
    assert.equal(await page.evaluate(() => getSelection().toString()), words);
  },
  async 'everything has a name and a role; tables, regions and messages are told'() {
    for (const hash of VIEWS) {
      await go(hash);
      await page.waitForTimeout(300);
      const wrong = await page.evaluate(() => {
        const bad = [];
        if (document.querySelectorAll('h1').length !== 1) bad.push(`${document.querySelectorAll('h1').length} headings of level 1`);
        for (const e of document.querySelectorAll('button, a[href], input, select, textarea')) {
          const name = e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent;
          if (e.checkVisibility() && !name?.trim()) bad.push(e.outerHTML.slice(0, 100));
        }
        for (const t of document.querySelectorAll('table')) if (!t.caption?.textContent) bad.push('a table without a caption');
        for (const p of document.querySelectorAll('.said')) if (p.getAttribute('role') !== 'status') bad.push('a message that nobody hears');
        return bad;
      });
      assert.deepEqual(wrong, [], hash);
    }
  },
};

let bad = 1;
try {
  for (const d of [SLOW, ASK]) await w.api('PUT', `/api/v2/orchestrations/${d.id}`, d);
  bad = await runCases(w, cases);
} finally {
  await w.end();
}
process.exitCode = bad ? 1 : 0;
