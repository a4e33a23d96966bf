// view_schedules.js - what is started again and again

import { add, badge, button, confirm, el, field } from './dom.js';
import { faults } from './form.js';
import { every } from './live.js';
import { ask, get, post, query as q } from './net.js';
import { command, heading, teller } from './parts.js';
import { moment } from './show.js';
import { table } from './table.js';

function form(orchestrations, said, done) {
  const which = el('select', { required: true }, orchestrations.map((o) => el('option', { value: o.id }, o.name || o.id)));
  const cron = el('input', { required: true, spellcheck: 'false', placeholder: '*/5 * * * *' });
  const zone = el('input', { value: 'UTC', spellcheck: 'false' });
  const message = el('input');
  const node = el('form', { class: 'card' }, el('h2', {}, 'A new schedule'), field('Orchestration', which),
    field('When', cron, 'Minute, hour, day, month, weekday; or @daily and its like'), field('Time zone', zone), field('Message', message),
    el('button', { type: 'submit' }, 'Make it'));
  const wrong = faults({ orchestration_id: which, cron, zone, message });
  node.addEventListener('submit', async (event) => {
    event.preventDefault();
    const made = await said.did(() => post('/api/v2/schedules', { orchestration_id: which.value, cron: cron.value, zone: zone.value, message: message.value }), 'Made.', wrong);
    if (made) await done();
  });
  return node;
}

export async function open(main) {
  const said = teller();
  const orchestrations = await get('/api/v2/orchestrations');
  const path = (s) => `/api/v2/schedules/${encodeURIComponent(s.id)}`;
  const list = table({
    caption: 'Schedules', empty: 'There are none.', key: (s) => s.id,
    columns: [
      ['Schedule', (s) => s.id], ['Orchestration', (s) => s.orchestration_id], ['When', (s) => [el('code', {}, s.cron), ` ${s.zone}`]],
      ['State', (s) => badge(s.paused ? 'paused' : 'open')], ['Next', (s) => (s.paused ? '—' : moment(s.next_at))],
      ['Act', (s) => [button(s.paused ? 'Resume' : 'Pause', async () => {
        await said.did(() => post(`${path(s)}/${s.paused ? 'resume' : 'pause'}`), s.paused ? 'It goes on.' : 'It fires no more.');
        await list.reload();
      }, { class: 'quiet small' }), ' ', button('Delete', async () => {
        if (!await confirm('Delete this schedule?', 'Its runs stay.', 'Delete')) return;
        await said.did(() => ask('DELETE', path(s)), 'Deleted.');
        await list.reload();
      }, { class: 'danger small' })]],
    ],
    load: async (after) => { const r = await get(`/api/v2/schedules${q({ after })}`); return { rows: r.schedules, next: r.next }; },
  });
  add(main, heading('Schedules'), said.node, list.node, orchestrations.length ? form(orchestrations, said, () => list.reload()) : null,
    command('synapsed schedule list; synapsed schedule add <orchestration> "<cron>"'));
  return every(10, () => list.reload());
}
