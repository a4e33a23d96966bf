// view_scale.js - Settings, Scale: the stores, the limits, what the stock files hold

import { add, button, el, field, fill } from './dom.js';
import { every } from './live.js';
import { get, post } from './net.js';
import { command, heading, teller } from './parts.js';
import { json, moment } from './show.js';
import { workerList } from './view_workers.js';

// [key of the configuration, label, type, test route]
const FIELDS = [
  ['Redis Connection', [['redis_url', 'Redis URL', 'text', 'test-redis'], ['scale_mode_enabled', 'Enable Scale Mode', 'checkbox']]],
  ['Postgres Sync', [['scale_postgres_url', 'Postgres URL', 'text', 'test-postgres'], ['pgbouncer_mode', 'PgBouncer (transaction pooling)', 'checkbox'], ['scale_auto_sync', 'Auto-sync', 'checkbox']]],
  ['Workers and limits', [['worker_concurrency', 'Worker concurrency', 'number'], ['max_global_queue_depth', 'Queue depth at the most', 'number'], ['rate_limit_per_tenant_rps', 'Runs a second for each tenant', 'number']]],
];

function sourceOf(source) {
  if (!source) return '';
  return `${source.pinned ? 'Pinned' : 'From'}: ${source.source}${source.pinned ? '; change it there' : ''}${source.scope === 'fleet' ? ' · of the fleet' : source.scope === 'host' ? ' · of this host' : ''}`;
}

function tester(key, route, input) {
  const said = el('p', { class: 'said', role: 'status' });
  return [button('Test', async () => {
    said.className = 'said';
    if (input.value.includes(':***@')) { // what the server shows in place of a password
      said.textContent = 'The password of this URL is not shown here: write the URL whole to have it tested.';
      return;
    }
    said.textContent = 'Testing…';
    try {
      const r = await post(`/api/scale/${route}`, { [key.replace('scale_', '')]: input.value });
      said.textContent = r.message;
      said.classList.add(r.status === 'ok' ? (r.reason ? 'doubt' : 'good') : 'error');
    } catch (error) {
      said.textContent = error.message;
      said.classList.add('error');
    }
  }, { class: 'quiet', 'aria-label': `Test ${key === 'redis_url' ? 'Redis' : 'Postgres'}` }), said];
}

function counts(status) {
  if (!status.available) return el('p', { class: 'note' }, status.message ?? 'Postgres is not set.');
  return el('div', {}, el('dl', { class: 'tiles' }, Object.entries(status.counts).map(([table, n]) =>
    el('div', { class: 'tile' }, el('dt', {}, table.replaceAll('_', ' ')), el('dd', {}, n)))),
  el('p', { class: 'note' }, 'Last sync: ', status.last_synced_at ? moment(status.last_synced_at) : 'never',
    status.files.some((f) => f.changed) ? ` · changed since: ${status.files.filter((f) => f.changed).map((f) => f.file).join(', ')}` : ''));
}

// Settings of the fleet reach a host some seconds after they are saved.
async function inForce(body) {
  for (let i = 0; i < 20; i++) {
    const now = await get('/api/scale/config');
    if (Object.entries(body).every(([key, value]) => key.endsWith('_url') || now[key] === value)) return true;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return false;
}

export async function open(main) {
  const said = teller(), synced = teller(), table = el('div'), report = el('ul', { class: 'problems' }), form = el('form');
  const workers = workerList();
  let config, inputs;

  async function draw() {
    config = await get('/api/scale/config');
    inputs = [];
    fill(form, FIELDS.map(([title, rows]) => el('fieldset', { class: 'card' }, el('legend', {}, title), rows.map(([key, label, type, test]) => {
      const source = config.sources[key];
      const input = el('input', { type, spellcheck: 'false', autocomplete: 'off', disabled: type === 'checkbox' && !!source?.pinned, readonly: source?.pinned ? true : null });
      if (type === 'checkbox') input.checked = !!config[key]; else input.value = config[key] ?? '';
      inputs.push([key, type, input]);
      return el('div', {}, field(label, input, sourceOf(source)), test ? el('div', { class: 'row' }, tester(key, test, input)) : null);
    }))), el('button', { type: 'submit' }, 'Save Scale Config'));
    fill(table, counts(await get('/api/scale/sync/status')));
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const body = {};
    for (const [key, type, input] of inputs) {
      const value = type === 'checkbox' ? input.checked : type === 'number' ? Number(input.value) : input.value;
      if (value !== (config[key] ?? '')) body[key] = value;
    }
    if (!Object.keys(body).length) { said.say('Nothing was changed.'); return; }
    const r = await said.did(() => post('/api/scale/config', body), (x) => `Saved: ${x.saved.join(', ') || 'nothing'}.`);
    if (!r) return;
    if (await inForce(body)) await draw();
    else said.say(`Saved: ${r.saved.join(', ')}; not in force here yet.`);
  });
  add(main, heading('Scale'), form, said.node, el('section', { class: 'card' }, el('h2', {}, 'Sync definitions'), table,
    button('Sync Now', async () => {
      const r = await synced.did(() => post('/api/scale/sync'), (x) => `${x.total_synced} synced${x.errors.length ? `, ${x.errors.length} errors` : ''}.`);
      if (!r) return;
      fill(report, r.errors.map((e) => el('li', { class: 'error' }, json(e))), Object.entries(r.details).map(([what, d]) => el('li', {}, `${what.replaceAll('_', ' ')}: ${d.synced} synced`)));
      fill(table, counts(await get('/api/scale/sync/status')));
    }), synced.node, report),
  el('h2', {}, 'Workers'), workers.node, command('synapsed check; synapsed def sync; synapsed worker list'));
  await draw();
  return every(3, () => workers.reload());
}
