// view_scale.js - Settings, Scale: the stores, the limits, what the stock files hold, workers

import { add, badge, button, confirm, el, field, fill, link, refresh } from './dom.js';
import { faults, onSubmit } from './form.js';
import { every } from './live.js';
import { ask, get, health as healthOf, post } from './net.js';
import { command, heading, teller } from './parts.js';
import { json, number } from './show.js';
import { syncing } from './sync.js';
import { table } from './table.js';
import { workerList } from './view_workers.js';

// [title, rows: [key of the configuration, label, type, test route]]
const SECTIONS = [
  ['Redis Connection', [['redis_url', 'Redis URL', 'text', 'test-redis'], ['scale_mode_enabled', 'Enable Scale Mode', 'checkbox']]],
  ['Postgres Sync', [['scale_postgres_url', 'Postgres URL', 'text', 'test-postgres'], ['pgbouncer_mode', 'PgBouncer (transaction pooling)', 'checkbox'], ['scale_auto_sync', 'Auto-sync', 'checkbox']]],
  ['Workers and limits', [['worker_concurrency', 'Worker concurrency', 'number'], ['max_global_queue_depth', 'Queue depth at the most', 'number'], ['rate_limit_per_tenant_rps', 'Runs a second for each tenant', 'number']]],
  ['Observability', [['metrics_token', 'Metrics token', 'password']]],
];
const SHOWN = { redis_url: 'redis://your-redis-host:6379/0', scale_postgres_url: 'postgresql://user:password@your-pg-host:5432/synapse' };
const HIDDEN = /_url$|_token$/; // not shown as they are
// What a Test found, in words; behind them stands what the server or the library said.
const FOUND = {
  refused: 'Nothing listens there', password: 'User or password is wrong', not_allowed: 'The server does not let this host or user in', no_database: 'The server has no such database or user',
  tls: 'TLS did not come about', version: 'The server is too old', replica: 'It is a replica, which nobody can write to', name: 'There is no host of this name', timeout: 'No answer in time',
  url: 'This URL cannot be used', protocol: 'Something else listens there, or it wants TLS (rediss://)', eviction_policy: 'Connected, and jobs may get lost',
};
const IN_FORCE_MS = 10000, LOOK_MS = 300;

// Stock's settings that no part of this program reads: shown as they are, and said so.
const IDLE = [
  ['Queue shards', 'Not used: tenants are spread over the queues that queue.names has (synapsed.yaml), and stock’s shards had no reader.', [['num_queue_shards', 'Shards']]],
  ['OpenTelemetry', 'Not built: there is no exporter. Prometheus reads GET /api/v2/metrics, counters are in “synapsed status -o json”, and GET /health says how a host stands.', [['otlp_endpoint', 'OTLP endpoint']]],
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
  const id = input('text', { required: true }), name = input('text'), running = input('number', { min: '1', value: '100', required: true }), queued = input('number', { min: '1', value: '1000', required: true }), priority = input('number', { min: '-10', max: '10', value: '0' });
  const list = table({
    caption: 'Tenants', empty: 'No tenant has limits of its own.', key: (t) => t.tenant_id,
    columns: [
      ['Tenant', (t) => t.tenant_id], ['Name', (t) => t.name || '—'], ['Running at the most', (t) => (t.max_concurrent_runs ? number(t.max_concurrent_runs) : 'no limit of its own')], ['Queued at the most', (t) => (t.max_queued_runs ? number(t.max_queued_runs) : 'no limit of its own')], ['Priority', (t) => t.priority ?? 0],
      ['Act', (t) => [button('Change', () => { id.value = t.tenant_id; name.value = t.name ?? ''; running.value = t.max_concurrent_runs ?? ''; queued.value = t.max_queued_runs ?? ''; priority.value = t.priority ?? 0; running.focus(); }, { class: 'quiet small', 'aria-label': `Change ${t.tenant_id}` }), ' ',
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
  onSubmit(form, async () => {
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
  if (source.pinned) return `Pinned by ${source.source}; change it there.`;
  return `${source.source === 'default' ? 'Default' : `From ${source.source}`}. Saved here it counts for ${source.scope === 'fleet' ? 'the whole fleet' : 'this host alone'}.`;
}

// Every option of this host as it is in force, asked for when somebody looks.
function options() {
  const said = teller(), place = el('div'), find = el('input', { type: 'search', spellcheck: 'false' });
  let all = [];
  const draw = () => {
    const words = find.value.trim().toLowerCase(), rows = all.filter((o) => o.option.includes(words) || o.what.toLowerCase().includes(words));
    fill(place, el('div', { class: 'list' }, el('table', {}, el('caption', { class: 'hidden' }, 'Options of this host'), el('thead', {}, el('tr', {}, ['Option', 'Value', 'Source', 'A change'].map((h) => el('th', { scope: 'col' }, h)))),
      el('tbody', {}, rows.map((o) => el('tr', {}, [['Option', [el('code', {}, o.option), el('br'), el('small', {}, o.what)]], ['Value', json(o.value) || '—'], ['Source', o.source], ['A change', o.effect]].map(([h, x]) => el('td', { 'data-label': h }, el('div', {}, x)))))))),
    rows.length ? null : el('p', { class: 'note' }, 'No option has this word.'));
  };
  find.addEventListener('input', draw);
  const node = el('details', { class: 'card' }, el('summary', {}, 'All options of this host'), field('Find an option', find), said.node, place, command('synapsed -T'));
  node.addEventListener('toggle', async () => {
    if (!node.open) return;
    const r = await said.did(() => get('/api/scale/settings'), '');
    if (r) { all = r.options; draw(); }
  });
  return node;
}

// shown(): the configured URL as the server shows it, which it knows again when it is sent back.
function tester(key, route, input, wrong, shown) {
  const said = el('p', { class: 'said', role: 'status' });
  const say = (how, text) => { said.className = `said ${how}`; said.textContent = text; };
  return [button('Test', async () => {
    wrong.clear();
    if (!input.value.trim()) { say('', ''); wrong.at(key, 'Enter the URL first.'); return; }
    if (input.value.includes('***') && input.value.trim() !== shown()) {
      say('', '');
      wrong.at(key, 'Write the password in place of ***: it is known for the URL that was saved, and for no other.');
      return;
    }
    say('', 'Testing…');
    try {
      const r = await post(`/api/scale/${route}`, { [key.replace('scale_', '')]: input.value.trim() });
      say(r.status !== 'ok' ? 'error' : r.reason ? 'doubt' : 'good', `${FOUND[r.reason] ?? (r.status === 'ok' ? 'Connected' : 'It cannot be used')}: ${r.message}`);
    } catch (error) {
      say('error', error.message);
    }
  }, { class: 'quiet', 'aria-label': `Test ${key === 'redis_url' ? 'Redis' : 'Postgres'}` }), said];
}

// What somebody types on another machine, as this host knows it; passwords are not known here.
function startLine(config) {
  const text = (key) => `'${(config[key] || SHOWN[key]).replaceAll("'", `'\\''`)}'`;
  return `REDIS_URL=${text('redis_url')} SCALE_POSTGRES_URL=${text('scale_postgres_url')} WORKER_CONCURRENCY=10 synapsed -f --roles worker,keeper`;
}

// Settings reach a host some moments after they are saved, those of the fleet some seconds.
async function inForce(body) {
  for (const end = Date.now() + IN_FORCE_MS; Date.now() < end;) {
    const now = await get('/api/scale/config');
    if (Object.entries(body).every(([key, value]) => HIDDEN.test(key) || now[key] === value)) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return false;
}

export async function open(main) {
  const said = teller(), state = el('p', { class: 'row', role: 'status' }), form = el('form'), start = el('div');
  const sync = syncing(), workers = workerList([], () => {}, 'No worker has registered.');
  const inputs = {}, hints = {};
  let config = await get('/api/scale/config');

  // The form stays while somebody is in it: values and sources change in place.
  function show() {
    for (const [key, input] of Object.entries(inputs)) {
      const source = config.sources[key];
      if (input.type === 'checkbox') { input.checked = !!config[key]; input.disabled = !!source?.pinned; }
      else { input.value = config[key] ?? ''; input.readOnly = !!source?.pinned; }
      hints[key].textContent = sourceOf(source);
    }
    const line = startLine(config);
    refresh(start, el('p', { class: 'note' }, `Start one on any machine that reaches both stores${line.includes('***') ? ', with the passwords in place of ***' : ''}:`), command(line),
      el('p', { class: 'note' }, 'It appears here within 30 seconds. Whether it is healthy:'), command('curl http://localhost:9000/health'));
  }

  const wrong = (() => {
    for (const [, rows] of SECTIONS)
      for (const [key, , type] of rows) inputs[key] = el('input', { type, spellcheck: 'false', autocomplete: type === 'password' ? 'new-password' : 'off', placeholder: SHOWN[key], role: type === 'checkbox' ? 'switch' : null });
    return faults(inputs);
  })();
  fill(form, SECTIONS.map(([title, rows]) => el('details', { class: 'card', open: title !== 'Postgres Sync' || !!config.scale_postgres_url },
    el('summary', {}, title), el('div', { role: 'group', 'aria-label': title }, rows.map(([key, label, , test]) => {
      const box = field(label, inputs[key], ' ');
      hints[key] = box.querySelector('small');
      return el('div', {}, box, test ? el('div', { class: 'row' }, tester(key, test, inputs[key], wrong, () => config[key])) : null);
    }), title === 'Postgres Sync' ? sync.node : null))), said.node, el('button', { type: 'submit' }, 'Save Scale Config'));
  form.noValidate = true; // the server's words are the better ones

  // What was changed and not saved, by its labels: the button may be far from what it is for.
  const changes = () => {
    const body = {};
    for (const [key, input] of Object.entries(inputs)) {
      const value = input.type === 'checkbox' ? input.checked : input.type === 'number' ? (input.value === '' ? null : Number(input.value)) : input.value.trim();
      if (value !== (config[key] ?? '')) body[key] = value;
    }
    return body;
  };
  form.addEventListener('input', () => {
    const names = Object.keys(changes()).map((key) => inputs[key].labels[0].textContent);
    said.say(names.length ? `Not saved yet: ${names.join(', ')}.` : '');
  });

  onSubmit(form, async () => {
    const body = changes();
    if (!Object.keys(body).length) { wrong.clear(); said.say('Nothing was changed.'); return; }
    said.say('Saving…');
    const r = await said.did(() => post('/api/scale/config', body), 'Saved; it comes into force…', wrong);
    if (r) {
      const words = `Saved: ${r.saved.join(', ') || 'nothing'}`;
      try {
        const there = await inForce(body);
        said.say(there ? `${words}.` : `${words}; not in force here yet.`);
        config = await get('/api/scale/config');
        show();
        await look();
      } catch (error) { said.say(`${words}. ${error.message}`, true); }
    } else for (const input of Object.values(inputs)) if (input.getAttribute('aria-invalid')) input.closest('details').open = true;
  });

  async function look() {
    const [health] = await Promise.all([healthOf(), sync.look(), workers.reload()]);
    refresh(state, badge(health.mode), el('span', {}, health.mode === 'scale' ? 'Runs go through the Redis queue to workers.'
      : health.reason ? `Runs are executed here, in one process: ${health.reason}.` : 'Runs are executed here, in one process.'));
  }

  show();
  add(main, heading('Scale'), state, form, el('section', { class: 'card', 'aria-labelledby': 'workers-panel' }, el('div', { class: 'heading' }, el('h2', { id: 'workers-panel' }, 'Workers'), link('#/workers', 'Ping, quiet, drain, remove')), workers.node, start), tenants(), options(), idle(config),
    command('synapsed -t', 'synapsed def sync', 'synapsed worker list'));
  const stop = every(3, look);
  return Object.assign(() => stop(), { unsaved: () => Object.keys(changes()).length > 0 });
}
