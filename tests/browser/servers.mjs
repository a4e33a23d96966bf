// servers.mjs - what a test starts beside the page: Redis, Postgres, daemons; each on loopback
// with a folder of its own, all of them ended by end()

import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const START_MS = 120000, END_MS = 60000;

// Below those that the system gives to whoever connects: nobody takes it before it is listened to.
export async function freePort() {
  for (;;) {
    const port = 15000 + Math.floor(Math.random() * 15000);
    const taken = net.createServer();
    const free = await new Promise((resolve) => {
      taken.on('error', () => resolve(false));
      taken.listen(port, '127.0.0.1', () => taken.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

export async function until(what, condition, ms = START_MS) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > end) throw new Error(`in ${ms} ms it did not come about: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const answers = (port) => new Promise((resolve) => {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('connect', () => { socket.destroy(); resolve(true); });
  socket.on('error', () => resolve(false));
});

// Folder and processes of one test.
export function household() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'page-'));
  fs.chmodSync(dir, 0o755); // who is root has Postgres run as another user, who looks in
  const started = [];
  const root = process.getuid() === 0;
  const asPostgres = root ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--'] : [];

  function run(command, options = {}) {
    const name = path.basename(command.find((w) => !w.startsWith('-') && w !== 'setpriv'));
    const log = fs.openSync(path.join(dir, `${name}.${started.length}.log`), 'a');
    const child = spawn(command[0], command.slice(1), { cwd: dir, stdio: ['ignore', log, log], ...options });
    fs.closeSync(log);
    child.log = path.join(dir, `${name}.${started.length}.log`);
    child.gone = new Promise((resolve) => { child.on('exit', resolve); child.on('error', resolve); });
    started.push(child);
    return child;
  }
  const alive = (child) => {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${child.spawnargs[0]} ended:\n${fs.readFileSync(child.log, 'utf8').slice(-4000)}`);
    return true;
  };

  return {
    dir,
    async redis() {
      const port = await freePort();
      const child = run(['redis-server', '--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'yes']);
      await until('Redis answers', () => alive(child) && answers(port));
      return { url: `redis://127.0.0.1:${port}/0`, port, child };
    },
    async postgres() {
      const bin = fs.globSync ? fs.globSync('/usr/lib/postgresql/*/bin').sort().at(-1)
        : fs.readdirSync('/usr/lib/postgresql').sort((a, b) => a - b).map((v) => `/usr/lib/postgresql/${v}/bin`).at(-1);
      const home = path.join(dir, 'pg'), port = await freePort();
      fs.mkdirSync(home);
      if (root) spawnSync('chown', ['postgres:postgres', home]);
      const made = spawnSync([...asPostgres, `${bin}/initdb`][0], [...asPostgres, `${bin}/initdb`, '-D', `${home}/data`, '-U', 'synapse', '-A', 'trust',
        '-E', 'UTF8', '--no-locale', '--no-sync'].slice(1), { cwd: home, encoding: 'utf8' });
      if (made.status) throw new Error(`initdb: ${made.stderr}`);
      const child = run([...asPostgres, `${bin}/postgres`, '-D', `${home}/data`, '-c', `port=${port}`, '-c', 'listen_addresses=127.0.0.1',
        '-c', `unix_socket_directories=${home}`], { cwd: home });
      await until('Postgres answers', () => alive(child) && answers(port));
      const sql = (text, database = 'synapse') => {
        const done = spawnSync(`${bin}/psql`, ['-h', '127.0.0.1', '-p', String(port), '-U', 'synapse', '-d', database, '-v', 'ON_ERROR_STOP=1', '-Atqc', text], { encoding: 'utf8' });
        if (done.status) throw new Error(`${text}: ${done.stderr}`);
        return done.stdout.trim();
      };
      await until('Postgres is ready', () => { try { return sql('SELECT 1', 'postgres'); } catch { return alive(child) && false; } });
      sql('CREATE DATABASE synapse', 'postgres');
      return { url: `postgresql://synapse:secret@127.0.0.1:${port}/synapse`, port, sql, child };
    },
    // synapsed in the foreground with a data folder of its own; env: what its command line has before it
    async daemon(name, { roles, env = {}, options = [], port, health } = {}) {
      const data = path.join(dir, name);
      fs.mkdirSync(path.join(data, 'run'), { recursive: true });
      port ??= await freePort();
      health ??= await freePort();
      const child = run([process.env.SYNAPSED, '-f', ...(roles ? ['--roles', roles] : []), ...[`data_dir=${data}`, `run_dir=${data}/run`,
        `api.listen=127.0.0.1:${port}`, `worker.health_listen=127.0.0.1:${health}`, ...options].flatMap((o) => ['--set', o])],
      { env: { PATH: process.env.PATH, ...env } });
      await until(`${name} is ready`, () => alive(child) && fs.readFileSync(child.log, 'utf8').includes('event=master.ready'));
      return {
        data, port, health, child, base: `http://127.0.0.1:${port}`,
        log: () => fs.readFileSync(child.log, 'utf8'),
        key: () => fs.readFileSync(path.join(data, 'api-key'), 'utf8').trim(),
        async stop(signal = 'SIGTERM') { child.kill(signal); await child.gone; },
      };
    },
    async end() {
      for (const child of started.reverse()) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGTERM');
        const late = setTimeout(() => child.kill('SIGKILL'), END_MS);
        await child.gone;
        clearTimeout(late);
      }
      fs.rmSync(dir, { recursive: true, force: true });
    },
  };
}
