// view_scale.js - Settings, Scale: the stores, the limits, what the stock files hold

import { add, button, confirm, el, field, fill } from './dom.js';
import { every } from './live.js';
import { ask, get, post } from './net.js';
import { command, heading, teller } from './parts.js';
import { json, moment } from './show.js';
import { table } from './table.js';
import { workerList } from './view_workers.js';

// [key of the configuration, label, type, test route]
const FIELDS = [
  ['Redis Connection', [['redis_url', 'Redis URL', 'text', 'test-redis'], ['scale_mode_enabled', 'Enable Scale Mode', 'checkbox']]],
  ['Postgres Sync', [['scale_postgres_url', 'Postgres URL', 'text', 'test-postgres'], ['pgbouncer_mode', 'PgBouncer (transaction pooling)', 'checkbox'], ['scale_auto_sync', 'Auto-sync', 'checkbox']]],
  ['Workers and limits', [['worker_concurrency', 'Worker concurrency', 'number'], ['max_global_queue_depth', 'Queue depth at the most', 'number'], ['rate_limit_per_tenant_rps', 'Runs a second for each tenant', 'number']]],
];

// Stock's settings that no part of this program reads: shown as they are, and said so.
const IDLE = [
  ['Queue shards', 'Not used: tenants are spread over the queues that queue.names has (synapsed.yaml), and stock’s shards had no reader.', [['num_queue_shards', 'Shards']]],
  ['Observability', 'Not built: there is no exporter. Counters are in “synapsed status -o json”, and GET /health says how a host stands.', [['otlp_endpoint', 'OTLP endpoint'], ['metrics_token', 'Metrics token']]],
  ['Storage (S3)', 'Not built: nothing of this program is kept in S3.', [['s3_bucket', 'Bucket'], ['s3_region', 'Region'], ['s3_prefix', 'Prefix'], ['s3_endpoint_url', 'Endpoint']]],
];

function idle(config) {
  return el('details', { class: 'card' }, el('summary', {}, 'Settings of stock that have no effect here'), IDLE.map(([title, why, rows]) =>
    el('fieldset', {}, el('legend', {}, title), el('p', { class: 'note' }, why), rows.map(([key, label]) =>
      field(label, el('input', { type: 'text', readonly: true, value: String(config[key] ?? '') }))))));
}

function tenants() {
  const said = teller();
  const input = (type, more) => el('input', { type, spellcheck: 'false', ...more });
  const id = input('text', { required: true }), name = input('text'), running = input('number', { min: '1', value: '100' }), queued = input('number', { min: '1', value: '1000' }), priority = input('number', { min: '-10', max: '10', value: '0' });
  const list = table({
    caption: 'Tenants', empty: 'No tenant has limits of its own.', key: (t) => t.tenant_id,
    columns: [
      ['Tenant', (t) => t.tenant_id], ['Name', (t) => t.name || '—'], ['Running at the most', (t) => t.max_concurrent_runs ?? '—'], ['Queued at the most', (t) => t.max_queued_runs ?? '—'], ['Priority', (t) => t.priority ?? 0],
      ['Act', (t) => [button('Change', () => { id.value = t.tenant_id; name.value = t.name ?? ''; running.value = t.max_concurrent_runs ?? 100; queued.value = t.max_queued_runs ?? 1000; priority.value = t.priority ?? 0; running.focus(); }, { class: 'quiet small', 'aria-label': `Change ${t.tenant_id}` }), ' ',
        button('Delete', async () => {
          if (!await confirm(`Delete the limits of ${t.tenant_id}?`, 'Its runs stay; the limits of all tenants count for it then.', 'Delete')) return;
          await said.did(() => ask('DELETE', `/api/scale/tenants/${encodeURIComponent(t.tenant_id)}`), 'Deleted.');
          await list.reload();
        }, { class: 'danger small', 'aria-label': `Delete ${t.tenant_id}` })]],
    ],
    load: async () => ({ rows: await get('/api/scale/tenants'), next: null }),
  });
  const form = el('form', { class: 'filters', 'aria-label': 'Limits of a tenant' }, field('Tenant', id), field('Name', name), field('Running at the most', running), field('Queued at the most', queued), field('Priority', priority),
    el('div', { class: 'row' }, el('button', { type: 'submit' }, 'Set the limits')));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const made = await said.did(() => post('/api/scale/tenants', { tenant_id: id.value, name: name.value, max_concurrent_runs: Number(running.value), max_queued_runs: Number(queued.value), priority: Number(priority.value) }), 'Set.');
    if (!made) return;
    form.reset();
    await list.reload();
  });
  list.reload().catch((error) => said.say(error.message, true));
  return el('section', {}, el('h2', {}, 'Tenants'), list.node, said.node, form);
}

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
  const said = teller(), synced = teller(), tables = el('div'), unused = el('div'), report = el('ul', { class: 'problems' }), form = el('form');
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
    fill(tables, counts(await get('/api/scale/sync/status')));
    fill(unused, idle(config));
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
  add(main, heading('Scale'), form, said.node, el('section', { class: 'card' }, el('h2', {}, 'Sync definitions'), tables,
    button('Sync Now', async () => {
      const r = await synced.did(() => post('/api/scale/sync'), (x) => `${x.total_synced} synced${x.errors.length ? `, ${x.errors.length} errors` : ''}.`);
      if (!r) return;
      fill(report, r.errors.map((e) => el('li', { class: 'error' }, json(e))), Object.entries(r.details).map(([what, d]) => el('li', {}, `${what.replaceAll('_', ' ')}: ${d.synced} synced`)));
      fill(tables, counts(await get('/api/scale/sync/status')));
    }), synced.node, report),
  unused, tenants(), el('h2', {}, 'Workers'), workers.node, command('synapsed -t; synapsed def sync; synapsed worker list'));
  await draw();
  return every(3, () => workers.reload());
}
