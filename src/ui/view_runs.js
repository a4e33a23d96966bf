// view_runs.js - runs by filters that the address keeps, and acts on those selected or all

import { add, button, confirm, el, field, fill, link } from './dom.js';
import { folded, savedFilters } from './filters.js';
import { faults } from './form.js';
import { every } from './live.js';
import { ask, get, post, query as q } from './net.js';
import { command, heading, runColumns, teller, word } from './parts.js';
import { momentText, number } from './show.js';
import { table } from './table.js';

const FILTERS = [
  ['status', 'Status', ['', 'queued', 'running', 'paused', 'completed', 'failed', 'cancelled']],
  ['orchestration_id', 'Orchestration'], ['tenant_id', 'Tenant'], ['session_id', 'Session'],
  ['since', 'Since'], ['until', 'Until'], ['tag', 'Tag'], ['text', 'Text'],
];
const HINTS = { since: '1h, 7d, 2026-01-31', until: '1h, 7d, 2026-01-31', tag: 'key:value', text: 'message, answer, error' };
// act, its word, the verb of the terminal
const ACTS = [['cancel', 'Cancel'], ['retry', 'Retry'], ['resume-failed', 'Resume failed'], ['delete', 'Delete']];
const PAGE = 50, PAGE_MORE = 200; // the first one, and those behind it

const FLAGS = { status: 'status', orchestration_id: 'orchestration', tenant_id: 'tenant', session_id: 'session', since: 'since', until: 'until', tag: 'tag', text: 'text' };
const SPANS = { m: [60, 'minutes'], h: [3600, 'hours'], d: [86400, 'days'] };

function filtersOf(query) {
  const filters = {};
  for (const [name] of FILTERS) if (query.get(name)) filters[name] = query.get(name);
  return filters;
}

// ---- moments: as they are, or so long ago, which a saved filter means anew each time ----

function spanOf(text) {
  const found = /^(\d{1,6})\s*([mhd])$/.exec(text ?? '');
  return found ? [Number(found[1]), ...SPANS[found[2]]] : null;
}

function asked(filters) {
  const all = { ...filters };
  for (const name of ['since', 'until']) {
    const span = spanOf(all[name]);
    if (span) all[name] = new Date(Date.now() - span[0] * span[1] * 1000).toISOString();
    else if (/^\d{4}-\d\d-\d\d$/.test(all[name] ?? '')) all[name] += 'T00:00:00Z';
    else if (/T\d\d:\d\dZ$/.test(all[name] ?? '')) all[name] = all[name].replace(/Z$/, ':00Z');
  }
  return all;
}

function flag(name, value) {
  const span = spanOf(value);
  if (span) return ` --${FLAGS[name]} "$(date -u -d '${span[0]} ${span[2]} ago' +%FT%TZ)"`;
  return ` --${FLAGS[name]} ${word(asked({ [name]: value })[name])}`;
}

function flags(filters) {
  return Object.entries(filters).map(([name, value]) => flag(name, value)).join('');
}

function shell(act, filters) {
  return `synapsed run ${act} --all-matching --yes${flags(filters)}`;
}

function runs(n) {
  return n === 1 ? 'one run' : `${number(n)} runs`;
}

async function one(act, run) {
  const id = encodeURIComponent(run.run_id);
  if (act === 'cancel') return post(`/api/v2/orchestrations/runs/${id}/cancel`);
  if (act === 'retry') return post(`/api/v2/runs/${id}/retry`);
  if (act === 'resume-failed') return post(`/api/v2/orchestrations/runs/${id}/resume-failed`);
  return ask('DELETE', `/api/v2/runs/${id}`);
}

function filterForm(filters) {
  const form = el('form', { class: 'filters', role: 'search', 'aria-label': 'Filters' }), inputs = {};
  const active = FILTERS.filter(([name]) => filters[name]).map(([name, label]) => `${label.toLowerCase()} ${filters[name]}`);

  for (const [name, label, options] of FILTERS) {
    const input = options
      ? el('select', { name }, options.map((o) => el('option', { value: o, selected: o === (filters[name] ?? '') }, o || 'any')))
      : el('input', { name, value: filters[name] ?? '', placeholder: HINTS[name] ?? '' });
    inputs[name] = input;
    add(form, field(label, input));
  }
  add(form, el('div', { class: 'row' }, el('button', { type: 'submit' }, 'Filter'), button('Clear', () => { for (const input of Object.values(inputs)) input.value = ''; location.hash = '#/runs'; }, { class: 'quiet' })));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    location.hash = `#/runs${q(Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()])))}`;
  });
  return { ...folded(form, active), inputs };
}

export async function open(main, params, query) {
  const filters = filtersOf(query), any = Object.keys(filters).length > 0;
  const said = teller();
  const bar = el('div', { class: 'row acts', role: 'group', 'aria-label': 'Acts on runs' });
  const list = table({
    caption: 'Runs', columns: runColumns, select: drawBar, onPage: () => drawState(), class: 'runs',
    empty: any ? 'No run fits these filters.' : ['No run was accepted yet. ', link('#/start', 'Start one'), '.'],
    load: async (after) => {
      const r = await get(`/api/v2/runs${q({ ...asked(filters), limit: after ? PAGE_MORE : PAGE, after })}`);
      return { rows: r.runs, next: r.next };
    },
  });

  async function onSelected(act, word, chosen) {
    const more = chosen.length > 5 ? ` and ${chosen.length - 5} more` : '';
    if (!await confirm(`${word}: ${runs(chosen.length)}?`, chosen.slice(0, 5).map((r) => r.run_id).join(', ') + more, `${word} ${runs(chosen.length)}`,
      command(`synapsed run ${act} ${chosen.map((r) => r.run_id).join(' ')}`))) return;
    const results = await Promise.allSettled(chosen.map((r) => one(act, r)));
    const bad = results.filter((r) => r.status === 'rejected');
    said.say(`${word}: ${results.length - bad.length} done${bad.length ? `, ${bad.length} refused: ${bad[0].reason.message}` : ''}`, bad.length > 0);
    list.forget();
    drawBar([]);
    await look();
  }

  // First what it would be, of the whole filter; then, if that is wanted, page by page. What
  // is accepted behind the count is not what somebody has agreed to.
  async function onAll(act, word) {
    const meant = asked(filters), now = new Date().toISOString();
    meant.until = meant.until && meant.until < now ? meant.until : now;
    const path = (after) => `/api/v2/runs/bulk${q({ ...meant, limit: 1000, after })}`;
    const dry = await said.did(() => post(path(), { action: act, dry_run: true, all: true }), '');
    if (!dry) return;
    if (!dry.applicable) { said.say(dry.matched ? `None of these ${runs(dry.matched)} can be meant by “${word}”.` : 'There is no such run.'); return; }
    const many = `${runs(dry.applicable)}${dry.more ? ' and more' : ''}`;
    if (!await confirm(any ? `${word}: all that these filters mean?` : `${word}: all runs, without a filter?`,
      `${number(dry.applicable)} of ${runs(dry.matched)}${dry.more ? ', and more that are not counted' : ''}. What is accepted from now on is not meant.`,
      `${word} ${many}`, command(shell(act, { ...filters, until: meant.until })))) return;
    let done = 0, refused = 0;
    let next = null;
    do {
      const r = await said.did(() => post(path(next), { action: act, all: true }), (x) => `${word}: ${done += x.done} done, ${refused += x.refused} refused${x.refused ? ` (${x.refusals[0].detail})` : ''}${x.next ? '…' : ''}`);
      next = r?.next ?? null;
    } while (next);
    await look();
  }

  const meant = el('span', {});
  const whole = button('Select all shown', () => { if (list.chosen().length) { list.forget(); drawBar([]); } else list.choose(); }, { class: 'quiet' });
  function drawBar(chosen) {
    meant.textContent = chosen.length ? `${chosen.length} selected:` : any ? 'All of this filter:' : 'All runs:';
    whole.textContent = chosen.length ? 'Select none' : 'Select all shown';
    drawState();
  }
  add(bar, meant, ACTS.map(([act, word]) => button(word, () => (list.chosen().length ? onSelected(act, word, list.chosen()) : onAll(act, word)), { class: act === 'delete' ? 'danger' : 'quiet' })), whole);

  // ---- live, or why not ----

  const live = el('input', { type: 'checkbox', checked: true });
  const words = el('span', {}), pause = el('p', { class: 'pause', role: 'status', hidden: true });
  let at = null;
  function reason() {
    if (!live.checked) return 'Live is off';
    if (list.chosen().length) return 'Not refreshed while runs are selected';
    return list.pages() > 1 ? 'Not refreshed while more than the first page is open' : null;
  }
  function drawState() {
    const why = list.pages() ? reason() : null, text = why ? `${why}: this is as of ${momentText(at)}. ` : '';
    if (words.textContent === text) return;
    words.textContent = text;
    pause.hidden = !text;
  }
  fill(pause, words, button('Refresh', () => look(), { class: 'quiet small' }));
  live.addEventListener('change', () => { drawState(); if (!reason()) stop.now(); });

  async function look() {
    await list.reload();
    at = Date.now();
    words.textContent = '';
    drawState();
  }

  const form = filterForm(filters), wrong = faults(form.inputs);
  const saved = savedFilters(q(filters), (text) => { location.hash = `#/runs${text}`; }, said);
  drawBar([]);
  add(form.node, saved);
  add(main, heading('Runs', el('label', { class: 'live' }, live, ' live')), form.node, bar, said.node, pause, list.node, command(`synapsed run list${flags(filters)}`));
  let refused = false;
  const stop = every(5, async () => {
    // who has gone further down, or has chosen some, is not to have them move away
    if (refused || (list.pages() > 0 && reason())) { drawState(); return; }
    try { await look(); } catch (error) {
      if (error.list) form.node.open = true;
      refused = wrong.show(error);
      if (!refused) throw error;
    }
  });
  return () => { stop(); form.end(); };
}
