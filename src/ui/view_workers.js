// view_workers.js - who executes runs, and what may be done about them

import { add, badge, button, confirm, el, fill } from './dom.js';
import { every } from './live.js';
import { ask, get, post } from './net.js';
import { command, heading, teller } from './parts.js';
import { age, json, number } from './show.js';
import { table } from './table.js';

const size = (bytes) => (bytes ? `${Math.round(bytes / 1048576)} MiB` : '—');
// what the registry thinks of it, and what the process does where that is another thing
const state = (w) => [badge(w.status), w.state && w.state !== 'ready' ? [' ', badge(w.state)] : null].flat();

// Those that work first: hosts that are gone stay in the registry until somebody removes them.
const order = (a, b) => (b.status !== 'offline') - (a.status !== 'offline') || a.worker_id.localeCompare(b.worker_id, undefined, { numeric: true });
const load = async () => (await get('/api/v2/workers')).sort(order);

// more: further columns; seen(workers): what there is now
export function workerList(more = [], seen = () => {}, empty = 'No worker has registered. Settings, Scale has the command that starts one.') {
  const list = table({
    caption: 'Workers', empty, key: (w) => w.worker_id,
    columns: [
      ['Worker', (w) => [el('span', { class: 'name' }, w.worker_id), el('br'), el('small', {}, w.hostname ? `on ${w.hostname}` : 'of no known host')]], ['State', state],
      ['In flight', (w) => (w.status === 'offline' ? (w.active_jobs ? `had ${w.active_jobs}` : '—') : el('span', {}, el('span', { class: 'num' }, `${w.active_jobs} / ${w.max_jobs}`), ' ', el('progress', { max: w.max_jobs || 1, value: w.active_jobs, 'aria-label': `${w.active_jobs} of ${w.max_jobs}` })))],
      ['Memory', (w) => el('span', { class: 'num' }, size(w.memory_bytes))], ['Version', (w) => (w.version ? [w.version, ' ', el('small', { class: 'num' }, `generation ${w.generation}`)] : '—')],
      ['Last beat', (w) => el('span', { class: 'num' }, w.last_heartbeat ? `${age(w.last_heartbeat)} ago` : 'never')],
      ['Disabled MCP servers', (w) => (w.mcp_disabled?.length ? w.mcp_disabled.map((m) => el('div', {}, typeof m === 'string' ? m : `${m.name}: ${m.reason}`)) : 'none')],
      ['Last death', (w) => (w.last_death_cause ? [el('span', { class: 'cut', title: w.last_death_cause }, w.last_death_cause), el('small', {}, `${age(w.last_death_at)} ago`)] : '—')],
      ...more,
    ],
    load: async () => { const rows = await load(); seen(rows); return { rows, next: null }; },
  });
  list.node.classList.add('dense', 'workers');
  return list;
}

export async function open(main) {
  const said = teller(), detail = el('div'), sum = el('p', { class: 'note' });
  const path = (w) => `/api/v2/workers/${encodeURIComponent(w.worker_id)}`, own = (w) => `/api/scale/workers/${encodeURIComponent(w.worker_id)}`;

  async function ping(w) {
    const r = await said.did(() => get(`${own(w)}/health`), '');
    if (!r) return;
    said.say(r.status === 'ok' ? `${w.worker_id} answers in ${r.latency_ms} ms.` : `${w.worker_id}: ${r.message}`, r.status !== 'ok');
    fill(detail, r.data ? el('details', { open: true }, el('summary', {}, `What the host of ${w.worker_id} says`), el('pre', { tabindex: '0' }, json(r.data))) : null);
  }
  async function act(w, name, title, text, word, done) {
    if (!await confirm(title, text, word)) return;
    fill(detail);
    await said.did(() => post(`${path(w)}/${name}`), done);
    await list.reload();
  }
  const acts = (w) => el('div', { class: 'row tight' }, w.status === 'online' ? [
    button('Ping', () => ping(w), { class: 'quiet small', 'aria-label': `Ping ${w.worker_id}` }),
    w.state === 'ready' ? button('Quiet', () => act(w, 'quiet', `Have ${w.worker_id} claim nothing new?`, 'What it has goes on. It stays so until it is replaced, by a drain or a reload.', 'Quiet it',
      'Told: it claims nothing new within a second.'), { class: 'quiet small', 'aria-label': `Quiet ${w.worker_id}` }) : null,
    w.state === 'draining' ? null : button('Drain', () => act(w, 'stop', `Drain ${w.worker_id}?`, 'It finishes or hands back what it has and leaves; its host starts another in its place.', 'Drain it',
      'Told: it drains, and another one takes its place.'), { class: 'quiet small', 'aria-label': `Drain ${w.worker_id}` }),
  ] : button('Remove', async () => {
    if (!await confirm(`Remove ${w.worker_id} from the registry?`, 'One that lives comes back with its next beat.', 'Remove it')) return;
    await said.did(() => ask('DELETE', own(w)), 'Removed.');
    await list.reload();
  }, { class: 'danger small', 'aria-label': `Remove ${w.worker_id}` }));
  const list = workerList([['Acts', acts]], (all) => {
    const here = all.filter((w) => w.status !== 'offline'), total = (read) => number(here.reduce((n, w) => n + read(w), 0));
    sum.textContent = all.length ? `${here.length} of ${all.length} online · ${total((w) => w.active_jobs)} of ${total((w) => w.max_jobs)} slots in use` : '';
  });
  add(main, heading('Workers'), sum, said.node, detail, list.node, command('synapsed worker list', 'synapsed status', 'synapsed worker quiet <slot>', 'synapsed worker stop <slot>'),
    el('p', { class: 'note' }, 'In the terminal the two acts are those of the worker’s own host: “synapsed status” has its slots there. The slot is the number at the end of a worker’s name, and 0 where a host has one worker alone.'));
  return every(3, () => list.reload());
}
