// view_queues.js - queues: what waits, and whether they are paused

import { add, badge, button, el } from './dom.js';
import { faults } from './form.js';
import { every } from './live.js';
import { get, post } from './net.js';
import { command, heading, teller } from './parts.js';
import { age, span } from './show.js';
import { table } from './table.js';

export async function open(main) {
  const said = teller();
  const reason = el('input', { 'aria-label': 'Reason of a pause', placeholder: 'why it is paused' });
  reason.id = 'reason';
  const wrong = faults({ reason });
  const list = table({
    caption: 'Queues', empty: 'No queue has been used yet.', key: (q) => q.queue_name,
    columns: [
      ['Queue', (q) => q.queue_name],
      ['State', (q) => [badge(q.paused ? 'paused' : q.known ? (q.open ? 'open' : 'recovering') : 'unknown'), q.paused ? ` ${q.paused_reason ?? ''} for ${age(q.paused_at)}` : '']],
      ['Queued', (q) => q.queued], ['Active', (q) => q.active], ['Oldest', (q) => (q.oldest_ms ? span(q.oldest_ms / 1000) : '—')],
      ['Quarantine', (q) => q.quarantine], ['Tenants', (q) => `${q.tenants}${q.capped ? `, ${q.capped} at their limit` : ''}`], ['Dead letters', (q) => q.dead],
      ['Act', (q) => button(q.paused ? 'Resume' : 'Pause', async () => {
        await said.did(() => post(`/api/v2/queues/${encodeURIComponent(q.queue_name)}/${q.paused ? 'resume' : 'pause'}`, q.paused ? {} : { reason: reason.value || null }),
          q.paused ? 'It goes on.' : 'Nothing of it begins any more.', wrong);
        await list.reload();
      }, { class: 'quiet' })],
    ],
    load: async () => ({ rows: (await get('/api/v2/queues')).queues, next: null }),
  });
  add(main, heading('Queues'), el('div', { class: 'row' }, reason), said.node, list.node, command('synapsed queue list; synapsed queue pause <queue> --reason "…"'));
  return every(3, () => list.reload());
}
