// view_runs.js - runs by filters that the address keeps, and acts on those selected or all

import { add, button, confirm, el, field, fill } from './dom.js';
import { savedFilters } from './filters.js';
import { faults } from './form.js';
import { every } from './live.js';
import { ask, get, post, query as q } from './net.js';
import { command, heading, runColumns, teller } from './parts.js';
import { table } from './table.js';

const FILTERS = [
  ['status', 'Status', ['', 'queued', 'running', 'paused', 'completed', 'failed', 'cancelled']],
  ['orchestration_id', 'Orchestration'], ['tenant_id', 'Tenant'], ['session_id', 'Session'],
  ['since', 'Since'], ['until', 'Until'], ['tag', 'Tag'], ['text', 'Text'],
];
const ACTS = [['cancel', 'Cancel'], ['retry', 'Retry'], ['resume-failed', 'Resume failed'], ['delete', 'Delete']];
const PAGE = 50, PAGE_MORE = 200; // the first one, and those behind it

function filtersOf(query) {
  const filters = {};
  for (const [name] of FILTERS) if (query.get(name)) filters[name] = query.get(name);
  return filters;
}

const FLAGS = { status: 'status', orchestration_id: 'orchestration', tenant_id: 'tenant', session_id: 'session', since: 'since', until: 'until', tag: 'tag', text: 'text' };

function word(text) {
  return /^[\w.:@/+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function shell(filters) {
  const flags = Object.entries(filters).map(([name, value]) => ` --${FLAGS[name]} ${word(value)}`).join('');
  return `synapsed run list${flags}; synapsed run cancel --all-matching${flags}`;
}

async function one(act, run) {
  const id = encodeURIComponent(run.run_id);
  if (act === 'cancel') return post(`/api/v2/orchestrations/runs/${id}/cancel`);
  if (act === 'retry') return post(`/api/v2/runs/${id}/retry`);
  if (act === 'resume-failed') return post(`/api/v2/orchestrations/runs/${id}/resume-failed`);
  return ask('DELETE', `/api/v2/runs/${id}`);
}

export async function open(main, params, query) {
  const filters = filtersOf(query);
  const said = teller();
  const bar = el('div', { class: 'row acts', role: 'group', 'aria-label': 'Acts on runs' });
  const form = el('form', { class: 'filters', role: 'search', 'aria-label': 'Filters' });
  const list = table({
    caption: 'Runs', columns: runColumns, empty: 'No run fits these filters.', select: drawBar,
    load: async (after) => {
      const r = await get(`/api/v2/runs${q({ ...filters, limit: after ? PAGE_MORE : PAGE, after })}`);
      return { rows: r.runs, next: r.next };
    },
  });

  async function onSelected(act, word, chosen) {
    if (!await confirm(`${word} ${chosen.length} runs?`, chosen.slice(0, 5).map((r) => r.run_id).join(', '), word)) return;
    const results = await Promise.allSettled(chosen.map((r) => one(act, r)));
    const bad = results.filter((r) => r.status === 'rejected');
    said.say(`${word}: ${results.length - bad.length} done${bad.length ? `, ${bad.length} refused: ${bad[0].reason.message}` : ''}`, bad.length > 0);
    list.forget();
    drawBar([]);
    await list.reload();
  }

  // First what it would be, of the whole filter; then, if that is wanted, page by page.
  async function onAll(act, word) {
    const all = Object.keys(filters).length === 0;
    const path = (after) => `/api/v2/runs/bulk${q({ ...filters, limit: 1000, after })}`;
    const dry = await said.did(() => post(path(), { action: act, dry_run: true, all }), 'Counted.');
    if (!dry) return;
    if (!dry.applicable) { said.say(`None of these ${dry.matched} runs can be meant by “${word}”.`); return; }
    if (!await confirm(`${word} all that these filters mean?`, `${dry.applicable} of ${dry.matched} runs${dry.more ? ', and more that are not counted' : ''}. What is accepted meanwhile is meant as well.`, word)) return;
    let done = 0, refused = 0;
    let next = null;
    do {
      const r = await said.did(() => post(path(next), { action: act, all }), (x) => `${word}: ${done += x.done} done, ${refused += x.refused} refused${x.refused ? ` (${x.refusals[0].detail})` : ''}${x.next ? '…' : ''}`);
      next = r?.next ?? null;
    } while (next);
    await list.reload();
  }

  const meant = el('span', {});
  function drawBar(chosen) {
    meant.textContent = chosen.length ? `${chosen.length} selected:` : 'All of this filter:';
  }
  add(bar, meant, ACTS.map(([act, word]) => button(word, () => (list.chosen().length ? onSelected(act, word, list.chosen()) : onAll(act, word)), { class: 'quiet' })));

  const inputs = {};
  for (const [name, label, options] of FILTERS) {
    const input = options
      ? el('select', { name }, options.map((o) => el('option', { value: o, selected: o === (filters[name] ?? '') }, o || 'any')))
      : el('input', { name, value: filters[name] ?? '', placeholder: name === 'tag' ? 'key:value' : name === 'since' || name === 'until' ? '2026-01-31T12:00:00Z' : '' });
    inputs[name] = input;
    add(form, field(label, input));
  }
  add(form, el('div', { class: 'row' }, el('button', { type: 'submit' }, 'Filter'), button('Clear', () => { for (const input of Object.values(inputs)) input.value = ''; location.hash = '#/runs'; }, { class: 'quiet' })));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    location.hash = `#/runs${q(Object.fromEntries(new FormData(form)))}`;
  });
  drawBar([]);
  const saved = savedFilters(q(filters), (text) => { location.hash = `#/runs${text}`; }, said);
  const live = el('input', { type: 'checkbox', checked: true });
  add(main, heading('Runs', el('label', { class: 'live' }, live, ' live')), form, saved, bar, said.node, list.node, command(shell(filters)));
  const wrong = faults(inputs);
  let refused = false;
  return every(5, async () => {
    // who has gone further down, or has chosen some, is not to have them move away
    if (refused || (list.pages() > 0 && (!live.checked || list.chosen().length || list.pages() > 1))) return;
    try { await list.reload(); } catch (error) {
      refused = wrong.show(error);
      if (!refused) throw error;
    }
  });
}
