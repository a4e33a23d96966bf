// view_letters.js - jobs that were given up: what they were, why, and what becomes of them

import { codeBox } from './code.js';
import { diff } from './diff.js';
import { add, badge, button, confirm, el, field, fill, link } from './dom.js';
import { folded } from './filters.js';
import { every } from './live.js';
import { get, post, query as q } from './net.js';
import { command, heading, runHref, teller, word } from './parts.js';
import { lineOfError } from './pointer.js';
import { gist, json, moment, number } from './show.js';
import { table } from './table.js';

const STATES = ['open', 'resolved', 'all'];
const EMPTY = { open: 'There is no open dead letter.', resolved: 'No dead letter was resolved.', all: 'There are no dead letters.' };

// What may be changed, or what is wrong with it: {value} or {problem}.
function read(text) {
  let value;
  try { value = JSON.parse(text); } catch (error) {
    const line = lineOfError(text);
    return { problem: `That is no JSON, line ${line}: ${error.message}`, line };
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return { problem: 'It has to be an object.' };
  const other = Object.keys(value).find((k) => !['message', 'inputs', 'metadata'].includes(k));
  if (other !== undefined) return { problem: `“${other}” is none of message, inputs, metadata.` };
  if ('message' in value && typeof value.message !== 'string') return { problem: '“message” has to be a text.' };
  for (const key of ['inputs', 'metadata'])
    if (key in value && value[key] !== null && (typeof value[key] !== 'object' || Array.isArray(value[key]))) return { problem: `“${key}” has to be an object.` };
  return { value };
}

// What a retry is given: as it was, or changed, with what differs below.
function editor(letter) {
  const given = { message: letter.payload?.initial_input ?? '', inputs: letter.payload?.inputs ?? {}, metadata: letter.payload?.metadata ?? {} };
  const before = JSON.stringify(given, null, 2);
  const judged = el('p', { class: 'said', role: 'status', id: 'judged' }), changes = el('pre', { class: 'diff', hidden: true, 'aria-label': 'What is changed' });
  const judge = () => {
    const { problem, line } = read(text.value);
    judged.textContent = problem ?? (text.value === before ? 'As it was: a retry lets this run go on where it failed.' : 'Changed: a retry starts a new run with this. What differs:');
    judged.classList.toggle('error', !!problem);
    box.mark(line ? [{ line, msg: problem }] : []);
    if (problem) text.setAttribute('aria-invalid', 'true');
    changes.hidden = text.value === before;
    fill(changes, diff(before, text.value));
  };
  const box = codeBox({ rows: 12, 'aria-label': 'What the retry is given', 'aria-errormessage': 'judged', onTyped: judge }), { text } = box;
  box.begin(before);
  judge();
  return { box, text, reset: () => box.set(before), nodes: [box.node, judged, changes], body: () => (text.value === before ? { value: {} } : read(text.value)) };
}

// The error in a line, and whole where somebody opens it: a trace once, though it may be told twice.
function whatFailed(letter) {
  const text = letter.error_message ?? '', line = gist(text), trace = letter.traceback ?? '';
  const opened = (title, words) => el('details', {}, el('summary', {}, title), el('pre', { tabindex: '0' }, words));
  return [el('p', { class: 'error' }, line || 'No error was written down.'), text.trim() !== line && text !== trace ? opened('All of the error', text) : null, trace ? opened('Trace', trace) : null];
}

export async function open(main, [first], query) {
  const said = teller(), detail = el('div');
  const state = STATES.includes(query.get('state')) ? query.get('state') : 'open';
  const filters = { orchestration_id: query.get('orchestration_id') ?? '', run_id: query.get('run_id') ?? '' };
  const place = (id) => `#/dead-letters${id ? `/${encodeURIComponent(id)}` : ''}${q({ state: state === 'open' ? '' : state, ...filters })}`;
  const list = table({
    caption: 'Dead letters', empty: filters.orchestration_id || filters.run_id ? 'No dead letter fits these filters.' : EMPTY[state], key: (l) => l.id,
    columns: [
      ['Run', (l) => link(runHref(l.run_id), l.run_id)], ['Orchestration', (l) => l.orchestration_id], ['Error', (l) => el('span', { class: 'cut', title: l.error_message }, gist(l.error_message) || '—')],
      ['Attempts', (l) => l.attempt_count], ['Failed', (l) => moment(l.last_failed_at)],
      ...(state === 'all' ? [['State', (l) => badge(l.resolved ? 'resolved' : 'waiting')]] : []),
      ['Act', (l) => button('Look', () => look(l.id), { class: 'quiet small', 'aria-label': `Look at the letter of ${l.run_id}` })],
    ],
    load: async (after) => { const r = await get(`/api/v2/dead-letters${q({ state, limit: 50, after, ...filters })}`); return { rows: r.dead_letters, next: r.next }; },
  });

  function close() {
    fill(detail);
    history.replaceState(null, '', place());
    list.node.querySelector('table').focus({ preventScroll: true });
  }

  async function look(id) {
    const letter = await said.did(() => get(`/api/v2/dead-letters/${encodeURIComponent(id)}`), '');
    if (!letter) return;
    const edit = editor(letter);
    const retry = async () => {
      const { problem, line, value } = edit.body();
      if (problem) { said.say(problem, true); if (line) edit.box.goTo(line); else edit.text.focus(); return; }
      const r = await said.did(() => post(`/api/v2/dead-letters/${encodeURIComponent(id)}/retry`, value), 'It runs again.');
      if (r?.run_id) location.hash = runHref(r.run_id);
    };
    const discard = async () => {
      if (!await confirm('Discard this letter?', `${letter.run_id} stays as it is. The letter is kept among the resolved ones.`, 'Discard')) return;
      if (await said.did(() => post(`/api/v2/dead-letters/${encodeURIComponent(id)}/discard`), 'Discarded.')) { close(); await list.reload(); }
    };
    history.replaceState(null, '', place(id)); // this letter has an address, and a reload shows it again
    fill(detail, el('section', { class: 'card', tabindex: '-1', 'aria-labelledby': 'letter' }, el('div', { class: 'heading' }, el('h2', { id: 'letter' }, 'Letter of ', link(runHref(letter.run_id), letter.run_id)), button('Close', close, { class: 'quiet small' })),
      ...whatFailed(letter),
      el('p', {}, `Cause of death: ${letter.cause ?? 'an error, no death'} · ${letter.orchestration_id ?? 'no orchestration'} · tenant ${letter.tenant_id} · ${letter.attempt_count} attempts · first `, moment(letter.first_failed_at), ', last ', moment(letter.last_failed_at)),
      el('details', { open: true }, el('summary', {}, 'Envelope'), el('pre', { tabindex: '0' }, json(letter.payload))),
      letter.resolved ? el('p', { class: 'note' }, 'It is resolved: it was retried or discarded.') : el('div', {}, el('h3', {}, 'Retry with'), edit.nodes,
        el('div', { class: 'row' }, button('Retry', retry), button('Reset', edit.reset, { class: 'quiet' }), button('Discard', discard, { class: 'danger' }))),
      command(...(letter.resolved ? ['show'] : ['show', 'retry', 'discard']).map((verb) => `synapsed dlq ${verb} ${word(id)}`))));
    detail.firstChild.focus({ preventScroll: true });
    detail.firstChild.scrollIntoView({ block: 'nearest' });
  }

  const whose = filters.run_id ? ` of ${filters.run_id}` : filters.orchestration_id ? ` of ${filters.orchestration_id}` : '';
  const bulk = (action, word, what, kind) => button(`${word} all${whose ? ' of the filter' : ''}`, async () => {
    const path = (after) => `/api/v2/dead-letters/bulk${q({ state: 'open', limit: 1000, after, ...filters })}`;
    const dry = await said.did(() => post(path(), { action, dry_run: true, all: true }), '');
    if (!dry) return;
    if (!dry.applicable) { said.say(`There is no open letter${whose}.`); return; }
    if (!await confirm(`${word} all open letters${whose}?`, `${number(dry.applicable)}${dry.more ? ', and more that are not counted' : ''}. ${what}`, word)) return;
    let done = 0, next = null;
    do {
      const r = await said.did(() => post(path(next), { action, all: true }), (x) => `${word}: ${done += x.done} done${x.refused ? `, ${x.refused} refused: ${x.refusals[0].detail}` : ''}`);
      next = r?.next ?? null;
    } while (next);
    fill(detail);
    history.replaceState(null, '', place());
    await list.reload();
  }, { class: kind });

  const form = el('form', { class: 'filters', role: 'search', 'aria-label': 'Filter of dead letters' },
    field('State', el('select', { name: 'state' }, STATES.map((o) => el('option', { value: o, selected: o === state }, o)))),
    field('Orchestration', el('input', { name: 'orchestration_id', value: filters.orchestration_id, spellcheck: 'false' })),
    field('Run', el('input', { name: 'run_id', value: filters.run_id, spellcheck: 'false' })),
    el('div', { class: 'row' }, el('button', { type: 'submit' }, 'Show')));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const hash = `#/dead-letters${q(Object.fromEntries([...new FormData(form)].map(([k, v]) => [k, v.trim()])))}`;
    if (hash === location.hash) window.onhashchange(); else location.hash = hash;
  });
  const words = [state === 'open' ? '' : ` --state ${state}`, filters.orchestration_id && ` --orchestration ${word(filters.orchestration_id)}`, filters.run_id && ` --run ${word(filters.run_id)}`];
  const fold = folded(form, [state !== 'open' && `state ${state}`, filters.orchestration_id && `orchestration ${filters.orchestration_id}`, filters.run_id && `run ${filters.run_id}`].filter(Boolean));
  add(main, heading('Dead letters'), fold.node,
    state === 'resolved' ? null : el('div', { class: 'row' }, bulk('retry', 'Retry', 'Each run goes on where it failed.', 'quiet'), bulk('discard', 'Discard', 'Their runs stay as they are; the letters are kept among the resolved ones.', 'danger')),
    said.node, detail, list.node,
    command(`synapsed dlq list${words.filter(Boolean).join('')}`, `synapsed dlq retry --all-matching${words.slice(1).filter(Boolean).join('')}`));
  if (first) await look(first);
  const stop = every(10, async () => { if (list.pages() < 2) await list.reload(); });
  return () => { stop(); fold.end(); };
}
