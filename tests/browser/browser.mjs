// browser.mjs - a Chromium, and what is counted against the page that it shows

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const need = createRequire(path.join(process.env.BROWSER_DIR, 'node_modules/'));
const { chromium } = need('playwright-core');
const axe = fs.readFileSync(need.resolve('axe-core/axe.min.js'), 'utf8');

// A view as it stands is looked at in these.
const LOOKS = [['light', 1280], ['dark', 390], ['light', 360]];

// {page, faults, look(name), close()}. What somebody can see of the console is a fault, but for
// what a case expects: `expected`, a pattern.
export async function browser(args = []) {
  const faults = [];
  const chrome = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox', ...args] });
  const context = await chrome.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const me = { page, context, chrome, faults, expected: null };
  page.setDefaultTimeout(Number(process.env.BROWSER_WAIT ?? 30000));
  // refusals that a case asks for (401, 422...) are told of in the console as well
  page.on('console', (m) => {
    if (m.type() === 'error' && !/status of 4\d\d/.test(m.text()) && !me.expected?.test(m.text())) faults.push(`console: ${m.text()}`);
  });
  page.on('pageerror', (e) => faults.push(`error: ${e.message}`));

  // what axe finds grave, whether it is wider than the window, a picture
  me.look = async (name) => {
    for (const [scheme, width] of LOOKS) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      for (const v of violations)
        if (['serious', 'critical'].includes(v.impact)) faults.push(`axe: ${name} ${scheme}: ${v.id}: ${v.nodes[0].html.slice(0, 200)}`);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (over > 0) faults.push(`wide: ${name} at ${width} px has ${over} px too many`);
      if (process.env.BROWSER_SHOTS) {
        fs.mkdirSync(process.env.BROWSER_SHOTS, { recursive: true });
        await page.screenshot({ path: path.join(process.env.BROWSER_SHOTS, `${name}-${scheme}-${width}.png`), fullPage: !!process.env.BROWSER_WHOLE });
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1280, height: 900 });
  };
  me.close = () => chrome.close();
  return me;
}

// Requests as the API gets them from programs.
export function apiOf(base, key) {
  return async (method, where, body) => {
    const r = await fetch(base + where, { method, headers: { Authorization: `Bearer ${key}` },
      body: body === undefined ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(60000) });
    if (!r.ok) throw new Error(`${method} ${where}: ${r.status} ${await r.text()}`);
    return r.json();
  };
}

export async function signIn(page, base, key) {
  await page.goto(base);
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation').waitFor();
}

// Each case in order, its faults behind its name; BROWSER_ONLY=word chooses, `always` names
// what the others need; `stop`: each needs those before it. Resolves to how many were bad.
export async function runCases(w, cases, { always = /^sign-in/, stop = false } = {}) {
  const only = process.env.BROWSER_ONLY;
  let bad = 0;
  for (const [name, act] of Object.entries(cases)) {
    if (only && !name.includes(only) && !always.test(name)) continue;
    const began = Date.now();
    try {
      await act();
      if (await w.page.evaluate(() => window.xss)) w.faults.push('text was executed');
    } catch (error) {
      w.faults.push(error.stack);
      if (process.env.BROWSER_SHOTS) await w.page.screenshot({ path: `${process.env.BROWSER_SHOTS}/failed-${bad}.png` });
    }
    const found = w.faults.splice(0);
    w.expected = null;
    bad += found.length > 0;
    console.log(`${found.length ? 'FAIL' : 'ok  '} ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)${found.map((f) => `\n     ${f}`).join('')}`);
    if (bad && stop) break;
  }
  return bad;
}
