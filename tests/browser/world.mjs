// world.mjs - a daemon with private stores, a browser, and what is counted against the page

import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const need = createRequire(path.join(process.env.BROWSER_DIR, 'node_modules/'));
const { chromium } = need('playwright-core');
const axe = fs.readFileSync(need.resolve('axe-core/axe.min.js'), 'utf8');

const START_MS = 120000;

// One object: {base, key, page, faults, api(), look(), end()}.
export async function world() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'page-'));
  fs.chmodSync(dir, 0o755); // who is root has Postgres run as another user, who looks in
  const taken = net.createServer();
  await new Promise((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address();
  await new Promise((resolve) => taken.close(resolve));
  const daemon = spawn(process.env.SYNAPSED, ['dev', '--dir', dir, '--port', String(port), '--examples', process.env.EXAMPLES],
    { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => daemon.on('exit', resolve));
  let out = '';
  const base = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the daemon did not start:\n${out}`)), START_MS);
    daemon.stdout.on('data', (piece) => {
      out += piece;
      const found = /is healthy, pid \d+, (http:\S+)/.exec(out);
      if (found) { clearTimeout(timer); resolve(found[1]); }
    });
    daemon.on('exit', () => reject(new Error(`the daemon ended:\n${out}`)));
  });
  const key = fs.readFileSync(path.join(dir, 'key'), 'utf8').trim();
  const faults = [];
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  page.setDefaultTimeout(20000);
  // refusals that a case asks for (401, 422...) are told of in the console as well
  page.on('console', (m) => { if (m.type() === 'error' && !/status of 4\d\d/.test(m.text())) faults.push(`console: ${m.text()}`); });
  page.on('pageerror', (e) => faults.push(`error: ${e.message}`));

  return {
    base, key, page, faults,
    async api(method, where, body) {
      const r = await fetch(base + where, { method, headers: { Authorization: `Bearer ${key}` },
        body: body === undefined ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(30000) });
      if (!r.ok) throw new Error(`${method} ${where}: ${r.status} ${await r.text()}`);
      return r.json();
    },
    async sql(text) {
      const url = /url:\s*"?(postgres[^"\s]*)/.exec(fs.readFileSync(path.join(dir, 'synapsed.yaml'), 'utf8'))[1];
      return (await promisify(execFile)('psql', ['-v', 'ON_ERROR_STOP=1', '-qAtc', text, url])).stdout;
    },
    // a view as it stands: what axe finds grave, whether it is wider than the window, a picture
    async look(name) {
      for (const [scheme, width] of [['light', 1280], ['dark', 390]]) {
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
          await page.screenshot({ path: path.join(process.env.BROWSER_SHOTS, `${name}-${scheme}-${width}.png`) });
        }
      }
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 1280, height: 900 });
    },
    async end() {
      await browser.close();
      daemon.stdin.end();
      await ended;
      fs.rmSync(dir, { recursive: true, force: true });
    },
  };
}
