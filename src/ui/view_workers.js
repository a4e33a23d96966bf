// view_workers.js - who executes runs, and what may be done about them

import { add, badge, button, confirm, el, fill } from './dom.js';
import { every } from './live.js';
import { ask, get, post } from './net.js';
import { command, heading, teller } from './parts.js';
import { age, json } from './show.js';
import { table } from './table.js';

const size = (bytes) => (bytes ? `${Math.round(bytes / 1048576)} MiB` : '—');
// what the registry thinks of it, and what the process does where that is another thing
const state = (w) => [badge(w.status), w.state && w.state !== 'ready' ? [' ', badge(w.state)] : null].flat();

// more: further columns
export function workerList(more = []) {
  return table({
    caption: 'Workers', empty: 'No worker has registered: start one with “synapsed” and role worker.', key: (w) => w.worker_id,
    columns: [
      ['Worker', (w) => w.worker_id], ['Host', (w) => w.hostname ?? '—'], ['State', state],
      ['In flight', (w) => el('span', {}, `${w.active_jobs} / ${w.max_jobs} `, el('progress', { max: w.max_jobs || 1, value: w.active_jobs, 'aria-label': `${w.active_jobs} of ${w.max_jobs}` }))],
      ['Memory', (w) => el('span', { class: 'num' }, size(w.memory_bytes))], ['Version', (w) => (w.version ? [w.version, ' ', el('small', { class: 'num' }, `generation ${w.generation}`)] : '—')],
      ['Last beat', (w) => `${age(w.last_heartbeat)} ago`],
      ['Disabled MCP servers', (w) => (w.mcp_disabled?.length ? w.mcp_disabled.map((m) => (typeof m === 'string' ? m : `${m.name}: ${m.reason}`)).join(', ') : 'none')],
      ['Last death', (w) => (w.last_death_cause ? `${w.last_death_cause}, ${age(w.last_death_at)} ago` : '—')],
      ...more,
    ],
    load: async () => ({ rows: await get('/api/v2/workers'), next: null }),
  });
}

export async function open(main) {
  const said = teller(), detail = el('div', { 'aria-live': 'polite' });
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
  const acts = (w) => el('div', { class: 'row' }, w.status === 'online' ? [
    button('Ping', () => ping(w), { class: 'quiet small', 'aria-label': `Ping ${w.worker_id}` }),
    w.state === 'ready' ? button('Quiet', () => act(w, 'quiet', `Have ${w.worker_id} claim nothing new?`, 'What it has goes on. It stays so until it is replaced, by a drain or a reload.', 'Quiet it',
      'Told: it claims nothing new within a second.'), { class: 'quiet small', 'aria-label': `Quiet ${w.worker_id}` }) : null,
    button('Drain', () => act(w, 'stop', `Drain ${w.worker_id}?`, 'It finishes or hands back what it has and leaves; its host starts another in its place.', 'Drain it',
      'Told: it drains, and another one takes its place.'), { class: 'quiet small', 'aria-label': `Drain ${w.worker_id}` }),
  ] : button('Remove', async () => {
    if (!await confirm(`Remove ${w.worker_id} from the registry?`, 'One that lives comes back with its next beat.', 'Remove it')) return;
    await said.did(() => ask('DELETE', own(w)), 'Removed.');
    await list.reload();
  }, { class: 'danger small', 'aria-label': `Remove ${w.worker_id}` }));
  const list = workerList([['Acts', acts]]);
  add(main, heading('Workers'), said.node, detail, list.node, command('synapsed worker list; synapsed worker quiet <slot>; synapsed worker stop <slot>'),
    el('p', { class: 'note' }, 'A slot is the number at the end of a worker\u2019s name, and the two acts are those of its own host in the terminal.'));
  return every(3, () => list.reload());
}
