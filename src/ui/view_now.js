// view_now.js - how things stand at this moment

import { add, el, link, refresh } from './dom.js';
import { every } from './live.js';
import { get } from './net.js';
import { command, heading, runColumns, tile } from './parts.js';
import { age, span } from './show.js';
import { table } from './table.js';

function alerts(queues, workers, letters, waits) {
  const all = [];
  const online = workers.filter((w) => w.status === 'online');
  if (!online.length) all.push(['bad', 'No worker is online: nothing is executed.', '#/workers', null]);
  for (const q of queues) {
    if (q.paused) all.push(['warn', `Queue ${q.queue_name} is paused${q.paused_reason ? `: ${q.paused_reason}` : ''}.`, '#/queues', q.paused_at]);
    if (!q.known) all.push(['bad', `Redis does not answer for queue ${q.queue_name}.`, '#/queues', null]);
    if (q.quarantine) all.push(['warn', `${q.quarantine} suspects are in quarantine in ${q.queue_name}.`, '#/queues', null]);
  }
  if (letters.length) all.push(['warn', letters.length === 1 ? 'One open dead letter.' : `${letters.length}${letters.length === 50 ? ' or more' : ''} open dead letters.`, '#/dead-letters', letters[0].last_failed_at]);
  const old = waits.at(-1);
  if (old) all.push(['note', waits.length === 1 ? 'A question waits for a person.' : `${waits.length}${waits.length === 50 ? ' or more' : ''} questions wait for people.`, '#/approvals', old.opened_at]);
  return all;
}

export async function open(main) {
  const tiles = el('dl', { class: 'tiles' });
  const list = el('ul', { class: 'alerts' });
  const runs = table({
    caption: 'Newest runs', columns: runColumns, empty: 'No run was accepted yet.',
    load: async () => { const r = await get('/api/v2/runs?limit=10'); return { rows: r.runs, next: null }; },
  });

  add(main, heading('Now'), tiles, list, el('h2', {}, 'Newest runs'), runs.node,
    command('synapsed queue list; synapsed worker list; synapsed run list'));
  return every(3, async () => {
    const [q, workers, l, w] = await Promise.all([get('/api/v2/queues'), get('/api/v2/workers'),
      get('/api/v2/dead-letters?state=open&limit=50'), get('/api/v2/waits?limit=50')]);
    const queues = q.queues, letters = l.dead_letters ?? l.letters ?? [], waits = w.waits;
    const sum = (name) => queues.reduce((n, x) => n + (x[name] ?? 0), 0);
    const online = workers.filter((x) => x.status === 'online');
    const oldest = Math.max(0, ...queues.map((x) => x.oldest_ms ?? 0));
    refresh(tiles,
      tile('Queued', link('#/runs?status=queued', sum('queued'))),
      tile('Running', link('#/runs?status=running', sum('active'))),
      tile('Parked', link('#/approvals', waits.length === 50 ? '50+' : waits.length)),
      tile('Dead letters', link('#/dead-letters', sum('dead')), { class: sum('dead') ? 'warn' : '' }),
      tile('Oldest waits', oldest ? span(oldest / 1000) : '—'),
      tile('Workers', link('#/workers', `${online.length} of ${workers.length}`), { class: online.length ? '' : 'bad' }),
      tile('In flight', `${online.reduce((n, x) => n + x.active_jobs, 0)} / ${online.reduce((n, x) => n + x.max_jobs, 0)}`));
    refresh(list, alerts(queues, workers, letters, waits).map(([how, text, href, since]) =>
      el('li', { class: how }, link(href, text), since ? ` since ${age(since)}` : '')));
    await runs.reload();
  });
}
