// view_now.js - how things stand at this moment

import { spark } from './chart.js';
import { add, badge, el, link, refresh } from './dom.js';
import { every } from './live.js';
import { get, health as healthOf, Refused } from './net.js';
import { command, heading, runColumns, tile } from './parts.js';
import { age, money, momentText, number, span } from './show.js';
import { table } from './table.js';

const MINUTES = 60, COUNT_MAX = 10000; // what is counted row by row ends there
const SCALE_SHELL = ['synapsed queue list', 'synapsed worker list', 'synapsed dlq list'], SHELL = ['synapsed wait list', 'synapsed run list', 'synapsed run stats --by hour'];
const FAILING_MINUTES = 10, FAILING_LEAST = 5, FAILING_SHARE = 0.5; // when failures are an alert

// since: when it began, where something says so; else it is when this page saw it first
const seen = new Map();

function firstSeen(all) {
  const now = new Map(all.map(([, text, , since, name]) => [name ?? text, since ?? seen.get(name ?? text) ?? new Date().toISOString()]));
  seen.clear();
  for (const [name, since] of now) seen.set(name, since);
  return all.map(([how, text, href, , name]) => [how, text, href, seen.get(name ?? text)]);
}

function many(count, bound, one, more) {
  return count === 1 ? one : `${number(count)}${count === bound ? ' or more' : ''} ${more}`;
}

// The sum over all queues: no more than a lower bound where one of them has as many as are counted.
function bounded(counts) {
  const sum = counts.reduce((a, b) => a + b, 0);
  return `${number(sum)}${counts.some((count) => count >= COUNT_MAX) ? '+' : ''}`;
}

// Most of what ended lately has failed.
function failing(minutes) {
  const from = Date.now() - FAILING_MINUTES * 60000;
  const late = minutes.filter((m) => Date.parse(m.minute) >= from);
  const ended = late.reduce((n, m) => n + m.ended, 0), failed = late.reduce((n, m) => n + m.failed, 0);
  if (ended < FAILING_LEAST || failed < ended * FAILING_SHARE) return [];
  return [['bad', `${number(failed)} of ${number(ended)} runs that ended in the last ${FAILING_MINUTES} minutes failed`, '#/runs?status=failed&since=1h', late.find((m) => m.failed)?.minute, 'failing']];
}

function asking(waits) {
  return waits.length ? [['note', many(waits.length, 50, 'A question waits for a person', 'questions wait for people'), '#/approvals', waits[0].opened_at, 'waits']] : [];
}

// health, queues, workers, open letters (the newest first), questions (the oldest first), minutes
function alerts({ health, queues, workers, letters, waits, minutes }) {
  const all = [];
  const online = workers.filter((w) => w.status === 'online');
  const lastBeat = workers.map((w) => w.last_heartbeat).filter(Boolean).sort((a, b) => Date.parse(a) - Date.parse(b)).at(-1) ?? null;
  if (health.status !== 'ok') all.push(['bad', `The server says of itself: ${health.reason ?? health.status}`, '#/scale', null, 'health']);
  if (!online.length) all.push(['bad', 'No worker is online: nothing is executed', '#/workers', lastBeat]);
  for (const q of queues) {
    if (q.paused) all.push(['warn', `Queue ${q.queue_name} is paused${q.paused_reason ? `: ${q.paused_reason}` : ''}`, '#/queues', q.paused_at]);
    if (!q.known) all.push(['bad', `Redis does not answer for queue ${q.queue_name}`, '#/queues', null]);
    if (q.quarantine) all.push(['warn', `${many(q.quarantine, 0, 'One suspect is', 'suspects are')} in quarantine in ${q.queue_name}`, '#/queues', null, `quarantine ${q.queue_name}`]);
  }
  all.push(...failing(minutes));
  if (letters.length) all.push(['warn', many(letters.length, 50, 'One open dead letter', 'open dead letters'), '#/dead-letters', letters.at(-1).last_failed_at, 'letters']);
  return [...all, ...asking(waits)];
}

function lines(all) {
  return firstSeen(all).map(([how, text, href, since]) => el('li', { class: how }, link(href, text), since ? ` since ${momentText(since)} (${age(since)})` : ''));
}

// Minutes of which nothing is told had no end of a run.
function throughput({ now, minutes, today }) {
  const last = Math.floor(Date.parse(now) / 60000), ended = new Array(MINUTES).fill(0), failed = new Array(MINUTES).fill(0);
  for (const m of minutes) {
    const i = MINUTES - 1 - (last - Math.floor(Date.parse(m.minute) / 60000));
    if (i >= 0 && i < MINUTES) { ended[i] = m.ended; failed[i] = m.failed; }
  }
  const sum = (list) => list.reduce((a, b) => a + b, 0), all = sum(ended), bad = sum(failed);
  const words = all === 0 ? 'No run ended in the last hour'
    : all === 1 ? `One run ended in the last hour${bad ? ', and failed' : ''}`
      : `${number(all)} runs ended in the last hour, ${bad ? number(bad) : 'none'} of them failed`;
  return [
    el('section', { class: 'card rate' }, el('h2', {}, 'The last hour'), spark({ label: words, values: ended, bad: failed }),
      el('p', { class: 'note' }, words, all ? ` · ${number(Math.max(...ended))} in the busiest minute, ${number(ended.at(-2))} in the last full one` : '')),
    el('dl', { class: 'tiles' }, tile('Ended today', number(today.ended)),
      tile('Failed today', today.failed ? link(`#/runs?status=failed&since=1d`, number(today.failed)) : 0, { class: today.failed ? 'warn' : '' }), tile('Spend today', money(today.cost_usd))),
    el('p', { class: 'note' }, 'Today began at midnight UTC; a run counts when it ends.')];
}

function queueTable(queues) {
  return el('div', { class: 'list' }, el('table', {}, el('caption', { class: 'hidden' }, 'Queues'),
    el('thead', {}, el('tr', {}, ['Queue', 'Accepted', 'Queued', 'Running', 'Retrying', 'Oldest waits', 'State'].map((h) => el('th', { scope: 'col' }, h)))),
    el('tbody', {}, queues.map((x) => el('tr', {}, [['Queue', link('#/queues', x.queue_name)], ['Accepted', number(x.accepted)], ['Queued', x.known ? number(x.queued) : '—'], ['Running', x.known ? number(x.active) : '—'], ['Retrying', number(x.retrying)],
      ['Oldest waits', x.oldest_ms ? span(x.oldest_ms / 1000) : '—'], ['State', badge(x.paused ? 'paused' : x.state)]].map(([label, value]) => el('td', { 'data-label': label }, el('div', {}, value))))))));
}

// A host without stores: one process, and what is in its files.
function aloneWords(health) {
  return el('li', { class: health.status === 'ok' ? 'note' : 'bad' }, link('#/scale', health.reason ? `Runs are executed here, in one process: ${health.reason}.`
    : 'Runs are executed here, in one process. Scale mode has queues, workers and schedules.'));
}

export async function open(main) {
  const rate = el('div'), tiles = el('dl', { class: 'tiles' }), each = el('div');
  const list = el('ul', { class: 'alerts' });
  const shell = command(...SCALE_SHELL, ...SHELL);
  let newest = null, told = { minutes: [] };
  const runs = table({
    caption: 'Newest runs', columns: runColumns, class: 'runs', empty: ['No run was accepted yet. ', link('#/start', 'Start one'), '.'],
    load: async () => { const r = await get('/api/v2/runs?limit=10'); newest = r.runs[0] ?? null; return { rows: r.runs, next: null }; },
  });

  add(main, heading('Now'), list, tiles, each, rate, el('h2', {}, 'Newest runs'), runs.node,
    shell);
  let turns = 0;
  const last = () => tile('Last accepted', newest ? el('span', { title: momentText(newest.created_at ?? newest.started_at) }, age(newest.created_at ?? newest.started_at).split(' ')[0], ' ago') : '—');
  async function minutes() {
    if (turns++ % 3) return; // a minute has several beats of a worker
    try { told = await get(`/api/v2/analytics/minutes?minutes=${MINUTES}`); refresh(rate, ...throughput(told)); }
    catch (error) { if (error.status !== 403) throw error; } // the fleet's sums are not for a tenant's key
  }
  return every(3, async () => {
    const health = await healthOf();
    if (health.mode !== 'standalone' && !health.pg_connected) throw new Refused(503, 'unavailable', health.reason ?? 'Postgres is not connected');
    if (health.mode === 'standalone') {
      const { waits } = await get('/api/v2/waits?limit=50');
      await runs.reload();
      await minutes();
      refresh(tiles, tile('Mode', 'standalone'), last(), tile('Parked', link('#/approvals', waits.length === 50 ? '50+' : waits.length)));
      refresh(list, aloneWords(health), ...lines([...failing(told.minutes), ...asking(waits)]));
      each.replaceChildren();
      shell.say(...SHELL);
      return;
    }
    shell.say(...SCALE_SHELL, ...SHELL);
    const [q, workers, l, w] = await Promise.all([get('/api/v2/queues'), get('/api/v2/workers'),
      get('/api/v2/dead-letters?state=open&limit=50'), get('/api/v2/waits?limit=50'), runs.reload()]);
    const queues = q.queues, letters = l.dead_letters ?? l.letters ?? [], waits = w.waits;
    const known = queues.every((x) => x.known); // else Redis has not told how much waits
    const sum = (name) => queues.reduce((n, x) => n + (x[name] ?? 0), 0);
    const online = workers.filter((x) => x.status === 'online');
    const oldest = Math.max(0, ...queues.map((x) => x.oldest_ms ?? 0));
    const dead = Math.max(sum('dead'), letters.length); // a letter whose run was erased is no queue's
    refresh(tiles,
      tile('Accepted', el('span', { title: 'To begin later, or on the way into a queue' }, bounded(queues.map((x) => x.accepted ?? 0)))),
      tile('Queued', link('#/runs?status=queued', known ? number(sum('queued')) : '—')),
      tile('Running', link('#/runs?status=running', known ? number(sum('active')) : '—')),
      tile('Parked', link('#/approvals', waits.length === 50 ? '50+' : waits.length)),
      tile('Retrying', el('span', { title: 'Of those queued and running: after a failure or a death of their worker' }, bounded(queues.map((x) => x.retrying ?? 0))), { class: sum('retrying') ? 'warn' : '' }),
      tile('Dead letters', link('#/dead-letters', number(dead)), { class: dead ? 'warn' : '' }),
      tile('Oldest waits', oldest ? span(oldest / 1000) : '—'),
      last(),
      tile('Workers', link('#/workers', `${online.length} of ${workers.length}`), { class: online.length ? '' : 'bad' }),
      tile('In flight', `${number(online.reduce((n, x) => n + x.active_jobs, 0))} / ${number(online.reduce((n, x) => n + x.max_jobs, 0))}`));
    if (queues.length > 1) refresh(each, queueTable(queues)); else each.replaceChildren();
    await minutes();
    refresh(list, ...lines(alerts({ health, queues, workers, letters, waits, minutes: told.minutes })));
  });
}
