// parts.js - pieces that several views share

import { add, badge, button, el, field, fill } from './dom.js';
import { faults, onSubmit } from './form.js';
import { age, between, money, moment, seconds } from './show.js';

export function heading(title, ...more) {
  return el('div', { class: 'heading' }, el('h1', {}, title), ...more);
}

const COPIED_MS = 1500;

// A word of a command line.
export function word(text) {
  return /^[\w.:@/+=-]+$/.test(text) ? text : `'${String(text).replaceAll("'", "'\\''")}'`;
}

async function copy(code) {
  if (navigator.clipboard) { await navigator.clipboard.writeText(code.textContent); return; }
  // a page that did not come over TLS has no clipboard: by the selection then
  getSelection().selectAllChildren(code);
  if (!document.execCommand('copy')) throw new Error('This browser does not copy: the text is selected.');
}

function oneCommand() {
  const code = el('code');
  const press = button('Copy', async () => {
    await copy(code);
    press.textContent = 'Copied';
    setTimeout(() => { press.textContent = 'Copy'; }, COPIED_MS);
  }, { class: 'quiet small', 'aria-label': 'Copy this command line' });
  return el('div', { class: 'command' }, code, press);
}

// The same facts and acts in the terminal, each copied by itself: who copies one that retries does
// not mean the one that discards. say(...lines) puts others there.
export function command(...lines) {
  const node = el('div', { class: 'commands', role: 'group', 'aria-label': 'In the terminal' });
  node.say = (...now) => {
    while (node.children.length > now.length) node.lastChild.remove();
    while (node.children.length < now.length) node.append(oneCommand());
    now.forEach((line, i) => {
      const code = node.children[i].firstChild;
      if (code.textContent !== line) code.textContent = line;
    });
  };
  node.say(...lines);
  return node;
}

export function tile(label, value, props = {}) {
  return el('div', { class: `tile ${props.class ?? ''}` }, el('dt', {}, label), el('dd', {}, value));
}

export function runHref(id) {
  return `#/run/${encodeURIComponent(id)}`;
}

// How long a run took or has been taking; one that waits to begin has taken nothing yet.
export function took(r) {
  if (r.status !== 'queued') return between(r.started_at, r.ended_at);
  if (r.run_at && seconds(r.run_at) * 1000 > Date.now()) return ['due ', moment(r.run_at)];
  return r.attempt > 1 ? 'waits' : `waits ${age(r.created_at ?? r.started_at)}`;
}

export const runColumns = [
  ['Run', (r) => el('a', { href: runHref(r.run_id), class: 'id' }, r.run_id)],
  ['Status', (r) => badge(r.status === 'running' && r.waiting_for_human ? 'waiting' : r.status)],
  ['Orchestration', (r) => r.orchestration_id],
  ['Accepted', (r) => moment(r.created_at ?? r.started_at)],
  ['Duration', took],
  ['Cost', (r) => money(r.total_cost_usd)],
];

// Says what came of an act, where a screen reader hears it.
export function teller() {
  const node = el('p', { class: 'said', role: 'status' });
  return {
    node,
    say(text, bad = false) { node.textContent = text; node.classList.toggle('error', bad); },
    // wrong: faults() of a form, which says what it can at the fields
    async did(act, done, wrong = null) {
      wrong?.clear();
      try { const r = await act(); this.say(typeof done === 'function' ? done(r) : done); return r; }
      catch (error) { this.say(wrong?.show(error) ? '' : error.message, true); return null; }
    },
  };
}

// Who answers a question in the terminal.
export function answerCommand(runId, w) {
  const empty = (f) => (f.type === 'boolean' || f.type === 'checkbox' ? ':=false' : f.type === 'number' ? ':=0' : '=');
  const fields = Array.isArray(w.fields) ? w.fields.map((f) => ` --field ${word(`${f.name ?? f.key}${empty(f)}`)}`).join('') : '';
  return `synapsed run resume ${word(runId)} --step ${word(w.path ?? w.step_id)}${fields || " --text ''"}`;
}

// Questions as cards: those that are there stay as they are, since somebody may be typing.
export function showQuestions(list, shown, waits, card) {
  const keyOf = (w) => JSON.stringify([w.run_id ?? '', w.path ?? w.step_id, w.execution ?? 0, w.opened_at ?? '']);
  const now = new Map(waits.map((w) => [keyOf(w), w]));
  let held = false; // who answered one stands at the next one, or where they were
  for (const [k, node] of shown) if (!now.has(k)) { held ||= node.contains(document.activeElement); node.remove(); shown.delete(k); }
  for (const [k, w] of now) if (!shown.has(k)) { shown.set(k, card(w)); list.append(shown.get(k)); }
  if (held) { list.tabIndex = -1; (list.querySelector('input, select, textarea') ?? list).focus(); }
}

// A form for what a person is asked: fields are {name|key, type, label, options}. What
// onSend() refuses is said at its field, or in front of the button.
export function answerForm(fields, onSend) {
  const inputs = [], byName = {};
  const list = Array.isArray(fields) && fields.length ? fields : [{ name: 'response', type: 'textarea', label: 'Answer' }];
  const said = teller();
  const form = el('form', { class: 'answer' });
  for (const f of list) {
    const name = f.name ?? f.key;
    const options = Array.isArray(f.options) ? f.options : typeof f.options === 'string' ? f.options.split(',').map((o) => o.trim()) : null;
    let input;
    if (options) input = el('select', { name }, options.map((o) => el('option', { value: typeof o === 'object' ? o.value : o }, typeof o === 'object' ? o.label ?? o.value : o)));
    else if (f.type === 'textarea') input = el('textarea', { name, rows: '3' });
    else if (f.type === 'boolean' || f.type === 'checkbox') input = el('input', { type: 'checkbox', name });
    else input = el('input', { type: ['number', 'email', 'date', 'password', 'url'].includes(f.type) ? f.type : 'text', name });
    if (f.required) input.required = true;
    inputs.push([name, input, f]);
    byName[name] = input;
    add(form, field(f.label ?? name, input, f.required ? 'Needed' : null));
  }
  const wrong = faults(byName);
  add(form, said.node, el('button', { type: 'submit' }, 'Answer'));
  onSubmit(form, async () => {
    const response = {};
    for (const [name, input, f] of inputs)
      response[name] = input.type === 'checkbox' ? input.checked : f.type === 'number' && input.value !== '' ? Number(input.value) : input.value;
    wrong.clear();
    try { await onSend(response); } catch (error) { if (!wrong.show(error)) said.say(error.message, true); }
  });
  return form;
}

export { fill };
