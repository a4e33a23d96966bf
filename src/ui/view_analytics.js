// view_analytics.js - runs, success, durations, cost and tokens: as charts, a table and a file

import { chart } from './chart.js';
import { csv, save } from './csv.js';
import { add, button, el, field, fill, link } from './dom.js';
import { folded } from './filters.js';
import { faults } from './form.js';
import { get, query as q } from './net.js';
import { command, heading, teller, tile, word } from './parts.js';
import { money, number, span } from './show.js';

const DAY_S = 86400;
const BY = [['day', 'Day'], ['hour', 'Hour'], ['orchestration', 'Orchestration'], ['model', 'Model'], ['tenant', 'Tenant']];
const SPANS = [[1, 'the last day'], [7, 'the last 7 days'], [30, 'the last 30 days'], [92, 'the last 92 days']];
const COLUMNS = [['key', null], ['runs', 'Runs'], ['turns', 'Chat turns'], ['completed', 'Completed'], ['failed', 'Failed'], ['cancelled', 'Cancelled'],
  ['success_rate', 'Success'], ['p50_seconds', 'p50'], ['p95_seconds', 'p95'], ['p99_seconds', 'p99'], ['cost_usd', 'Cost'], ['tokens', 'Tokens'], ['calls', 'Calls']];

const percent = (n) => (n === null || n === undefined ? '—' : `${n} %`);
const shown = { turns: number, completed: number, failed: number, cancelled: number, success_rate: percent, p50_seconds: span, p95_seconds: span, p99_seconds: span, cost_usd: money, tokens: number, calls: number };
const moment = (key) => Date.parse(key.length === 10 ? `${key}T00:00:00Z` : key.replace(':00Z', ':00:00Z')) / 1000;
const stamp = (ms) => new Date(ms).toISOString().replace(/\.\d+Z/, 'Z');

// Days and hours in which nothing was accepted are zeros, not gaps.
function timeline(answer) {
  const step = answer.by === 'hour' ? 3600 : DAY_S, groups = new Map(answer.groups.map((g) => [moment(g.key), g])), at = [];
  for (let t = Math.floor(answer.since_ms / 1000 / step) * step; t * 1000 < answer.until_ms; t += step) at.push(t);
  return { at, of: (read, none = 0) => at.map((t) => (groups.has(t) ? read(groups.get(t)) : none)) };
}

function charts(answer) {
  const { at, of } = timeline(answer);
  // bars stand in front of taller ones: each is its own part and those below it
  return [
    chart({ title: 'Runs', at, series: [
      { label: 'cancelled', colour: '--warn', bars: true, values: of((g) => g.completed + g.failed + g.cancelled) },
      { label: 'failed', colour: '--bad', bars: true, values: of((g) => g.completed + g.failed) },
      { label: 'completed', colour: '--good', bars: true, values: of((g) => g.completed) }] }),
    chart({ title: 'Duration', at, show: (s) => (s === null ? '' : span(s)), series: [
      { label: 'p99', colour: '--bad', values: of((g) => g.p99_seconds, null) },
      { label: 'p95', colour: '--warn', values: of((g) => g.p95_seconds, null) },
      { label: 'p50', colour: '--link', values: of((g) => g.p50_seconds, null) }] }),
    chart({ title: 'Cost', at, show: (usd) => `$${Number(usd.toFixed(6))}`, series: [{ label: 'US dollars', colour: '--link', bars: true, values: of((g) => g.cost_usd) }] }),
    chart({ title: 'Tokens', at, show: (n) => (n >= 1e6 ? `${n / 1e6}M` : n >= 1e3 ? `${n / 1e3}k` : n), series: [{ label: 'tokens', colour: '--link', bars: true, values: of((g) => g.tokens) }] }),
  ];
}

function table(answer, columns, head, filters) {
  const most = Math.max(1, ...answer.groups.map((g) => g.runs));
  const name = (g) => {
    if (answer.by === 'orchestration' && g.runs > g.turns) return link(`#/runs${q({ ...filters, orchestration_id: g.key, since: stamp(answer.since_ms) })}`, g.key);
    if (answer.by === 'tenant' && g.key) return link(`#/runs${q({ ...filters, tenant_id: g.key, since: stamp(answer.since_ms) })}`, g.key);
    return g.key || '(none)';
  };
  const cell = (g, [key, title]) => el('td', { 'data-label': title ?? head }, el('div', { class: key === 'runs' || (key === 'key' && !['day', 'hour'].includes(answer.by)) ? '' : 'num' }, key === 'key' ? name(g)
    : key === 'runs' ? [`${number(g.runs)} `, el('progress', { max: most, value: g.runs, 'aria-hidden': 'true' })]
      : shown[key] ? shown[key](g[key]) : g[key] ?? '—'));
  return el('div', { class: 'list dense', tabindex: '0', role: 'region', 'aria-label': `Runs by ${head.toLowerCase()}` }, el('table', {}, el('caption', { class: 'hidden' }, `Runs by ${head.toLowerCase()}`),
    el('thead', {}, el('tr', {}, columns.map(([, title]) => el('th', { scope: 'col' }, title ?? head)))),
    el('tbody', {}, (['day', 'hour'].includes(answer.by) ? [...answer.groups].reverse() : answer.groups).map((g) => el('tr', {}, columns.map((c) => cell(g, c)))))));
}

export async function open(main, params, query) {
  const by = BY.some(([b]) => b === query.get('by')) ? query.get('by') : 'day';
  const days = by === 'hour' ? 1 : Number(query.get('days')) || 7;
  const filters = { tenant_id: query.get('tenant_id') ?? '', orchestration_id: query.get('orchestration_id') ?? '' };
  const from = query.get('from') ?? '', to = query.get('to') ?? '';
  const said = teller(), sums = el('dl', { class: 'tiles many' }), pictures = el('div', { class: 'charts' }), list = el('div'), acts = el('div', { class: 'row' });
  const form = el('form', { class: 'filters', role: 'search', 'aria-label': 'What is summed' });
  const first = el('input', { type: 'date', name: 'from', value: from }), last = el('input', { type: 'date', name: 'to', value: to }), wrong = faults({ since: first, until: last });
  const pick = (name, options, value) => el('select', { name }, options.map(([v, word]) => el('option', { value: v, selected: String(v) === String(value) }, word)));
  // whole days, the last of them included
  const until = to ? Date.parse(`${to}T00:00:00Z`) + DAY_S * 1000 : Date.now();
  const since = from ? Date.parse(`${from}T00:00:00Z`) : by === 'day' ? (Math.ceil(until / 1000 / DAY_S) - days) * DAY_S * 1000 : until - days * DAY_S * 1000;
  const ask = { by, since: stamp(since), until: stamp(until), ...filters };
  let drawn = [];

  add(form, field('By', pick('by', BY, by)), field('Time', pick('days', SPANS, days), from ? 'of no effect: there is a first day' : by === 'hour' ? 'by hour: one day' : null),
    field('From day', first), field('To day', last),
    field('Tenant', el('input', { name: 'tenant_id', value: filters.tenant_id })), field('Orchestration', el('input', { name: 'orchestration_id', value: filters.orchestration_id })),
    el('div', { class: 'row' }, el('button', { type: 'submit' }, 'Sum up')));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const hash = `#/analytics${q(Object.fromEntries(new FormData(form)))}`;
    if (hash === location.hash) window.onhashchange(); else location.hash = hash;
  });
  const shell = ['synapsed run stats', `--by ${by}`, `--since ${ask.since}`, `--until ${ask.until}`, filters.tenant_id && `--tenant ${word(filters.tenant_id)}`,
    filters.orchestration_id && `--orchestration ${word(filters.orchestration_id)}`].filter(Boolean).join(' ');
  const fold = folded(form, [from && `from ${from}`, to && `to ${to}`, filters.tenant_id && `tenant ${filters.tenant_id}`, filters.orchestration_id && `orchestration ${filters.orchestration_id}`].filter(Boolean));
  add(main, heading('Analytics'), fold.node, said.node, sums, pictures, list, acts, command(shell));

  let answer;
  try { answer = await get(`/api/v2/analytics${q(ask)}`); } catch (error) {
    if (error.status === 0 || error.code === 'scale_only') throw error; // the frame knows what to do
    if (error.list) fold.node.open = true;
    if (!wrong.show(error)) said.say(error.message, true);
    return fold.end;
  }
  const head = BY.find(([b]) => b === by)[1], columns = COLUMNS.filter(([key]) => key !== 'calls' || by === 'model');
  const total = answer.total;
  if (total) fill(sums, tile('Runs', number(total.runs)), tile('Success', percent(total.success_rate), { class: total.success_rate !== null && total.success_rate < 90 ? 'warn' : '' }),
    tile('Failed', number(total.failed), { class: total.failed ? 'warn' : '' }), tile('Duration p50', span(total.p50_seconds)), tile('Duration p95', span(total.p95_seconds)), tile('Duration p99', span(total.p99_seconds)),
    tile('Cost', money(total.cost_usd)), tile('Tokens', number(total.tokens)));
  if (!answer.groups.length) { add(list, el('p', { class: 'note' }, 'Nothing was accepted in this time.')); return fold.end; }
  if (by === 'day' || by === 'hour') { drawn = charts(answer); fill(pictures, drawn.map((c) => c.node)); }
  fill(list, table(answer, columns, head, filters), answer.more ? el('p', { class: 'note' }, 'There are more: these are the 200 with most runs.') : null,
    el('p', { class: 'note' }, 'Days and hours are those of UTC. Success is the part that completed of those that completed or failed; durations are of runs that ended.'));
  fill(acts, button('Save as CSV', () => save(`analytics-${by}.csv`, csv([columns.map(([key]) => (key === 'key' ? by : key)), ...answer.groups.map((g) => columns.map(([key]) => g[key]))])), { class: 'quiet' }));
  return () => { fold.end(); drawn.forEach((c) => c.end()); };
}
