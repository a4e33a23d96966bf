// view_letters.js - jobs that were given up: what they were, why, and what becomes of them

import { diff } from './diff.js';
import { add, badge, button, confirm, el, fill, link } from './dom.js';
import { get, post, query as q } from './net.js';
import { command, heading, runHref, teller } from './parts.js';
import { lineOfError } from './pointer.js';
import { json, moment } from './show.js';
import { table } from './table.js';

// What may be changed, or what is wrong with it: {value} or {problem}.
function read(text) {
  let value;
  try { value = JSON.parse(text); } catch (error) {
    const line = lineOfError(text, error.message);
    return { problem: `That is no JSON${line ? `, line ${line}` : ''}: ${error.message}` };
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return { problem: 'It has to be an object.' };
  const other = Object.keys(value).find((k) => !['message', 'inputs', 'metadata'].includes(k));
  if (other !== undefined) return { problem: `“${other}” is none of message, inputs, metadata.` };
  if ('message' in value && typeof value.message !== 'string') return { problem: '“message” has to be a text.' };
  for (const key of ['inputs', 'metadata'])
    if (key in value && value[key] !== null && (typeof value[key] !== 'object' || Array.isArray(value[key]))) return { problem: `“${key}” has to be an object.` };
  return { value };
}

export async function open(main, params, query) {
  const said = teller(), detail = el('div');
  const state = query.get('state') ?? 'open';
  const pick = el('select', { 'aria-label': 'State' }, ['open', 'resolved', 'all'].map((o) => el('option', { value: o, selected: o === state }, o)));
  const list = table({
    caption: 'Dead letters', empty: 'There are none.', key: (l) => l.id,
    columns: [
      ['Run', (l) => link(runHref(l.run_id), l.run_id)], ['Orchestration', (l) => l.orchestration_id], ['Error', (l) => el('span', { class: 'cut' }, l.error_message ?? '—')],
      ['Attempts', (l) => l.attempt_count], ['Failed', (l) => moment(l.last_failed_at)], ['State', (l) => badge(l.resolved ? 'resolved' : 'open')],
      ['Act', (l) => button('Look', () => look(l.id), { class: 'quiet', 'aria-label': `Look at the letter of ${l.run_id}` })],
    ],
    load: async (after) => { const r = await get(`/api/v2/dead-letters${q({ state, limit: 50, after })}`); return { rows: r.dead_letters, next: r.next }; },
  });

  async function look(id) {
    const letter = await said.did(() => get(`/api/v2/dead-letters/${id}`), '');
    if (!letter) return;
    const edit = el('textarea', { class: 'code', rows: '12', spellcheck: 'false', 'aria-label': 'What the retry is given', value: '' });
    const given = { message: letter.payload?.initial_input ?? '', inputs: letter.payload?.inputs ?? {}, metadata: letter.payload?.metadata ?? {} };
    const before = JSON.stringify(given, null, 2);
    edit.value = before;
    const judged = el('p', { class: 'said', role: 'status' }), changes = el('pre', { class: 'diff', hidden: true, 'aria-label': 'What is changed' });
    const judge = () => {
      const { problem } = read(edit.value);
      judged.textContent = problem ?? (edit.value === before ? 'As it was.' : 'What is changed:');
      judged.classList.toggle('error', !!problem);
      edit.setAttribute('aria-invalid', problem ? 'true' : 'false');
      changes.hidden = edit.value === before;
      fill(changes, diff(before, edit.value));
    };
    const retry = async () => {
      const { problem, value } = read(edit.value);
      if (problem) { said.say(problem, true); edit.focus(); return; }
      const r = await said.did(() => post(`/api/v2/dead-letters/${id}/retry`, edit.value === before ? {} : value), 'It runs again.');
      if (r?.run_id) location.hash = runHref(r.run_id);
    };
    const discard = async () => {
      if (!await confirm('Discard this letter?', letter.run_id, 'Discard')) return;
      if (await said.did(() => post(`/api/v2/dead-letters/${id}/discard`), 'Discarded.')) { fill(detail); await list.reload(); }
    };
    edit.addEventListener('input', judge);
    fill(detail, el('section', { class: 'card', tabindex: '-1' }, el('h2', {}, `Letter of ${letter.run_id}`),
      el('p', { class: 'error' }, letter.error_message), el('p', {}, `Cause of death: ${letter.cause ?? 'an error, no death'} · ${letter.attempt_count} attempts · first `, moment(letter.first_failed_at), ', last ', moment(letter.last_failed_at)),
      letter.traceback ? el('details', {}, el('summary', {}, 'Trace'), el('pre', { tabindex: '0' }, letter.traceback)) : null,
      el('details', { open: true }, el('summary', {}, 'Envelope'), el('pre', { tabindex: '0' }, json(letter.payload))),
      letter.resolved ? null : el('div', {}, el('h3', {}, 'Retry with'), edit, judged, changes,
        el('div', { class: 'row' }, button('Retry', retry), button('Reset', () => { edit.value = before; judge(); }, { class: 'quiet' }), button('Discard', discard, { class: 'danger' })))));
    judge();
    detail.firstChild.focus();
  }

  const bulk = (action, word) => button(`${word} all`, async () => {
    const path = (after) => `/api/v2/dead-letters/bulk${q({ state: 'open', limit: 1000, after })}`;
    const dry = await said.did(() => post(path(), { action, dry_run: true, all: true }), 'Counted.');
    if (!dry) return;
    if (!dry.applicable) { said.say('There is no open letter.'); return; }
    if (!await confirm(`${word} all open letters?`, `${dry.applicable} of ${dry.matched}${dry.more ? ', and more that are not counted' : ''}.`, word)) return;
    let done = 0, next = null;
    do {
      const r = await said.did(() => post(path(next), { action, all: true }), (x) => `${word}: ${done += x.done} done${x.refused ? `, ${x.refused} refused: ${x.refusals[0].detail}` : ''}`);
      next = r?.next ?? null;
    } while (next);
    fill(detail);
    await list.reload();
  }, { class: 'quiet' });
  pick.addEventListener('change', () => { location.hash = `#/dead-letters${q({ state: pick.value })}`; });
  add(main, heading('Dead letters'), el('div', { class: 'row' }, pick, bulk('retry', 'Retry'), bulk('discard', 'Discard')), said.node, list.node, detail,
    command(`synapsed dlq list --state ${state}; synapsed dlq show <id>; synapsed dlq retry <id>; synapsed dlq retry --all-matching`));
  await list.reload();
}
