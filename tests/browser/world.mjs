// world.mjs - a daemon of `synapsed dev`, with its private stores, and a browser

import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { apiOf, browser } from './browser.mjs';
import { freePort } from './servers.mjs';

const START_MS = 120000;

// browser() and {dir, base, key, api(), log(), end()}.
export async function world() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'page-'));
  fs.chmodSync(dir, 0o755); // who is root has Postgres run as another user, who looks in
  const log = `${dir}.log`; // dev wants its folder empty
  const err = fs.openSync(log, 'a');
  const daemon = spawn(process.env.SYNAPSED, ['dev', '--dir', dir, '--port', String(await freePort()), '--examples', process.env.EXAMPLES],
    { stdio: ['pipe', 'pipe', err] });
  fs.closeSync(err);
  const ended = new Promise((resolve) => daemon.on('exit', resolve));
  let out = '';
  const base = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the daemon did not start:\n${out}`)), START_MS);
    daemon.stdout.on('data', (piece) => {
      out += piece;
      const found = /is healthy, pid \d+, (http:\S+)/.exec(out);
      if (found) { clearTimeout(timer); resolve(found[1]); }
    });
    daemon.on('exit', () => reject(new Error(`the daemon ended:\n${out}${fs.readFileSync(log, 'utf8')}`)));
  });
  const key = fs.readFileSync(path.join(dir, 'key'), 'utf8').trim();
  const w = await browser();

  return Object.assign(w, {
    dir, base, key, api: apiOf(base, key), log: () => fs.readFileSync(log, 'utf8'),
    async sql(text) {
      const url = /url:\s*"?(postgres[^"\s]*)/.exec(fs.readFileSync(path.join(dir, 'synapsed.yaml'), 'utf8'))[1];
      return (await promisify(execFile)('psql', ['-v', 'ON_ERROR_STOP=1', '-qAtc', text, url])).stdout;
    },
    async end() {
      await w.close();
      daemon.stdin.end();
      await ended;
      fs.rmSync(dir, { recursive: true, force: true });
      fs.rmSync(log);
    },
  });
}
