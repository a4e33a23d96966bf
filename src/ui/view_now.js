// view_now.js - how things stand at this moment

import { spark } from './chart.js';
import { add, el, link, refresh } from './dom.js';
import { every } from './live.js';
import { get } from './net.js';
import { command, heading, runColumns, tile } from './parts.js';
import { age, money, span } from './show.js';
import { table } from './table.js';

const MINUTES = 60;

// since: when it began, where something says so; else it is when this page saw it first
const seen = new Map();

function firstSeen(all) {
  const now = new Map(all.map(([, text, , since]) => [text, since ?? seen.get(text) ?? new Date().toISOString()]));
  seen.clear();
  for (const [text, since] of now) seen.set(text, since);
  return all.map(([how, text, href]) => [how, text, href, seen.get(text)]);
}

function alerts(queues, workers, letters, waits) {
  const all = [];
  const online = workers.filter((w) => w.status === 'online');
  const lastBeat = workers.map((w) => w.last_heartbeat).filter(Boolean).sort((a, b) => Date.parse(a) - Date.parse(b)).at(-1) ?? null;
  if (!online.length) all.push(['bad', 'No worker is online: nothing is executed.', '#/workers', lastBeat]);
  for (const q of queues) {
    if (q.paused) all.push(['warn', `Queue ${q.queue_name} is paused${q.paused_reason ? `: ${q.paused_reason}` : ''}.`, '#/queues', q.paused_at]);
    if (!q.known) all.push(['bad', `Redis does not answer for queue ${q.queue_name}.`, '#/queues', null]);
    if (q.quarantine) all.push(['warn', `${q.quarantine} suspects are in quarantine in ${q.queue_name}.`, '#/queues', null]);
  }
  if (letters.length) all.push(['warn', letters.length === 1 ? 'One open dead letter.' : `${letters.length}${letters.length === 50 ? ' or more' : ''} open dead letters.`, '#/dead-letters', letters[0].last_failed_at]);
  const old = waits.at(-1);
  if (old) all.push(['note', waits.length === 1 ? 'A question waits for a person.' : `${waits.length}${waits.length === 50 ? ' or more' : ''} questions wait for people.`, '#/approvals', old.opened_at]);
  return firstSeen(all);
}

// Minutes of which nothing is told had no end of a run.
function throughput({ now, minutes, today }) {
  const last = Math.floor(Date.parse(now) / 60000), ended = new Array(MINUTES).fill(0), failed = new Array(MINUTES).fill(0);
  for (const m of minutes) {
    const i = MINUTES - 1 - (last - Math.floor(Date.parse(m.minute) / 60000));
    if (i >= 0 && i < MINUTES) { ended[i] = m.ended; failed[i] = m.failed; }
  }
  const sum = (list) => list.reduce((a, b) => a + b, 0), all = sum(ended), bad = sum(failed);
  const words = `${all} runs ended in the last hour, ${bad} of them failed`;
  return [
    el('section', { class: 'card rate' }, el('h2', {}, 'The last hour'), spark({ label: words, values: ended, bad: failed }),
      el('p', { class: 'note' }, `${words} · ${Math.max(...ended)} in the busiest minute`)),
    el('dl', { class: 'tiles' }, tile('Ended today', today.ended), tile('Failed today', today.failed, { class: today.failed ? 'warn' : '' }), tile('Spend today', money(today.cost_usd)),
      tile('In the last minute', ended.at(-2))),
    el('p', { class: 'note' }, 'Today began at midnight UTC; a run counts when it ends.')];
}

// A host without stores: one process, and what is in its files.
function alone(health, waits) {
  return [[tile('Mode', 'standalone'), tile('Parked', link('#/approvals', waits.length === 50 ? '50+' : waits.length))],
    [el('li', { class: health.status === 'ok' ? 'note' : 'bad' }, link('#/scale', health.reason ? `Runs are executed here, in one process: ${health.reason}.`
      : 'Runs are executed here, in one process. Scale mode has queues, workers and schedules.'))]];
}

export async function open(main) {
  const rate = el('div'), tiles = el('dl', { class: 'tiles' });
  const list = el('ul', { class: 'alerts' });
  const runs = table({
    caption: 'Newest runs', columns: runColumns, empty: 'No run was accepted yet.',
    load: async () => { const r = await get('/api/v2/runs?limit=10'); return { rows: r.runs, next: null }; },
  });

  add(main, heading('Now'), tiles, list, rate, el('h2', {}, 'Newest runs'), runs.node,
    command('synapsed queue list; synapsed worker list; synapsed run list; synapsed run stats --by hour'));
  let turns = 0;
  async function minutes() {
    if (turns++ % 3) return; // a minute has several beats of a worker
    try { refresh(rate, throughput(await get(`/api/v2/analytics/minutes?minutes=${MINUTES}`))); }
    catch (error) { if (error.status !== 403) throw error; } // the fleet's sums are not for a tenant's key
  }
  return every(3, async () => {
    const health = await get('/health');
    if (health.mode === 'standalone') {
      const [facts, words] = alone(health, (await get('/api/v2/waits?limit=50')).waits);
      refresh(tiles, facts);
      refresh(list, words);
      await runs.reload();
      await minutes();
      return;
    }
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
    await minutes();
  });
}
