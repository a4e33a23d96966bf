// view_queues.js - queues: what waits, and whether they are paused

import { add, badge, button, el, field, link } from './dom.js';
import { faults } from './form.js';
import { every } from './live.js';
import { get, post } from './net.js';
import { command, heading, teller } from './parts.js';
import { age, number, span } from './show.js';
import { table } from './table.js';

export async function open(main) {
  const said = teller();
  const reason = el('input');
  const wrong = faults({ reason });
  const told = (name) => (q) => (q.known ? number(q[name]) : '—'); // what Redis has not told is no zero
  const list = table({
    caption: 'Queues', empty: 'No queue has been used yet.', key: (q) => q.queue_name,
    columns: [
      ['Queue', (q) => q.queue_name],
      ['State', (q) => [badge(q.paused ? 'paused' : q.known ? (q.open ? 'open' : 'recovering') : 'unknown'), q.paused ? ` ${q.paused_reason ?? ''} for ${age(q.paused_at)}` : '']],
      ['Accepted', (q) => number(q.accepted)], ['Queued', told('queued')], ['Active', told('active')], ['Retrying', (q) => number(q.retrying)], ['Workers', (q) => (!q.known ? '—' : q.workers || !q.queued ? q.workers : el('span', { class: 'badge failed' }, 'none'))], ['Oldest', (q) => (q.oldest_ms ? span(q.oldest_ms / 1000) : '—')],
      ['Quarantine', told('quarantine')], ['Tenants that wait', (q) => (q.known ? `${q.tenants}${q.capped ? `, ${q.capped} at their limit` : ''}` : '—')], ['Dead letters', (q) => (q.dead ? link('#/dead-letters', number(q.dead)) : 0)],
      ['Act', (q) => button(q.paused ? 'Resume' : 'Pause', async () => {
        await said.did(() => post(`/api/v2/queues/${encodeURIComponent(q.queue_name)}/${q.paused ? 'resume' : 'pause'}`, q.paused ? {} : { reason: reason.value || null }),
          q.paused ? `${q.queue_name} goes on.` : `Nothing of ${q.queue_name} begins any more; what runs goes on.`, wrong);
        await list.reload();
      }, { class: 'quiet small' })],
    ],
    load: async () => ({ rows: (await get('/api/v2/queues')).queues, next: null }),
  });
  list.node.classList.add('dense');
  add(main, heading('Queues'), el('div', { class: 'row' }, field('Reason of a pause', reason, 'For those who ask why a run waits; it is given with the next Pause')), said.node, list.node, command('synapsed queue list', 'synapsed queue pause <queue> --reason "…"', 'synapsed queue resume <queue>'));
  return every(3, () => list.reload());
}
