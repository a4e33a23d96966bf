// steps.js - the steps of a run: the list of them, what each cost, and one of them in full

import { badge, button, el, fill, refresh } from './dom.js';
import { between, gist, json, money, moment, number, span } from './show.js';
import { table } from './table.js';

// Where the journal has a step: usage, effects and waits name it so.
function placeOf(step) {
  return step.path && step.path !== step.step_id ? `${step.path}/${step.step_id}` : step.step_id;
}

// What each execution of a step spent: place and ordinal -> {tokens, cost, calls}
function spending(usage) {
  const all = new Map();
  for (const row of usage ?? []) {
    const key = `${row.path ?? row.step_id} ${row.execution}`;
    const sum = all.get(key) ?? { tokens: 0, cost: 0, calls: [] };
    for (const call of row.calls ?? []) {
      sum.tokens += (call.input_tokens ?? 0) + (call.output_tokens ?? 0);
      sum.cost += call.cost_usd ?? 0;
      sum.calls.push(call);
    }
    all.set(key, sum);
  }
  return all;
}

// The run's steps with what other parts of it say of them; who waits for a person says so.
export function stepsOf(run) {
  const spent = spending(run.usage);
  const effects = new Map();
  for (const e of run.effects ?? []) {
    const key = `${e.path} ${e.execution}`;
    effects.set(key, [...(effects.get(key) ?? []), e]);
  }
  const open = new Map((run.waits ?? []).filter((w) => w.state === 'open').map((w) => [w.path ?? w.step_id, w]));
  return (run.steps ?? []).map((step, nth) => {
    const place = placeOf(step);
    return { ...step, nth, place, spent: spent.get(`${place} ${step.execution ?? 1}`) ?? null,
      effects: effects.get(`${place} ${step.execution ?? 1}`) ?? [],
      status: step.status === 'running' && open.has(place) ? 'waiting' : step.status };
  });
}

export function statesOf(steps) {
  return new Map(steps.map((s) => [s.step_id, s.status]));
}

function took(step) {
  if (step.duration_seconds !== null && step.duration_seconds !== undefined) return span(step.duration_seconds);
  if (step.ended_at) return between(step.started_at, step.ended_at);
  return ['running', 'waiting'].includes(step.status) ? `${between(step.started_at, null)} so far` : '—';
}

// In the order in which they began; the same one once for each time it was begun. onStep(step)
export function timeline(stepsNow, onStep) {
  return table({
    caption: 'Steps in the order in which they began', empty: 'No step has begun.', key: (s) => s.nth, class: 'steps',
    columns: [
      ['Step', (s) => [button(s.name ?? s.step_id, () => onStep(s), { class: 'bare cut2', title: s.name }), s.place !== s.step_id ? el('small', {}, ` ${s.place}`) : null, s.execution > 1 ? el('small', {}, ` (time ${s.execution})`) : null]],
      ['Type', (s) => s.type],
      ['Status', (s) => [badge(s.status), s.error ? el('div', { class: 'error clip' }, gist(s.error)) : null]],
      ['Attempts', (s) => el('span', { class: s.attempts > 1 || s.starts > 1 ? 'again' : 'once' }, s.attempts, s.starts > 1 ? ` (${s.starts} starts)` : '')], ['Began', (s) => moment(s.started_at)],
      ['Took', took], ['Tokens', (s) => (s.spent ? number(s.spent.tokens) : '')], ['Cost', (s) => (s.spent ? money(s.spent.cost) : '')],
    ],
    load: async () => ({ rows: stepsNow().slice(), next: null }),
  });
}

function pair(name, value) {
  return value === null || value === undefined || value === '' ? null : el('div', {}, el('dt', {}, name), el('dd', {}, value));
}

export function factList(pairs) {
  return el('dl', { class: 'facts' }, pairs.map(([name, value]) => pair(name, value)));
}

function calls(spent) {
  return spent.calls.map((c) => el('div', {}, `${c.model}: ${number(c.input_tokens)} in, ${number(c.output_tokens)} out`,
    c.cache_read_tokens ? `, ${number(c.cache_read_tokens)} of them cached` : '', ` · ${money(c.cost_usd)}`));
}

function opened(title, value) {
  return value === undefined || value === null || value === '' ? null
    : el('details', {}, el('summary', {}, title), el('pre', { tabindex: '0' }, json(value)));
}

/*
 * One step in full, in a card that show(id) opens and update() draws again: known() says
 * {run, steps, definition} as they are, goOn(step id) begins a failed run there again.
 */
export function stepCard(known, goOn) {
  const node = el('section', { class: 'card step', hidden: true, tabindex: '-1', 'aria-label': 'The step' });
  let nth = null, id = null, back = null;

  function close() {
    id = null;
    node.hidden = true;
    back?.focus?.();
  }
  function update() {
    if (!id) return;
    const { run, steps, definition } = known();
    const step = steps.find((s) => s.nth === nth) ?? steps.findLast((s) => s.step_id === id) ?? null;
    const made = definition.steps?.find((s) => s.id === id) ?? null;
    const top = made && (!step || step.place === id);
    const out = made?.output_key && top && step?.status === 'completed' ? run.state?.[made.output_key] : null;
    refresh(node,
      el('h2', {}, step?.name ?? made?.name ?? id),
      factList([['Id', el('code', {}, step?.place ?? id)], ['Type', step?.type ?? made?.type], ['Status', step ? badge(step.status) : 'has not begun'],
        ['Attempts', step && `${step.attempts}${step.starts > 1 ? `, ${step.starts} starts` : ''}`], ['Began', step && moment(step.started_at)], ['Ended', step?.ended_at && moment(step.ended_at)],
        ['Took', step && took(step)], ['Calls of models', step?.spent && calls(step.spent)], ['Kept as', made?.output_key && el('code', {}, `state.${made.output_key}`)]]),
      step?.error ? el('p', { class: 'error' }, step.error, step.error_class ? ` (${step.error_class})` : '') : null,
      opened('Output', out), step?.effects.length ? opened('Effects', step.effects) : null, opened('Definition of this step', made),
      el('div', { class: 'row' },
        run.status === 'failed' && top ? button(`Resume from step ${id}`, () => goOn(id)) : null,
        button('Close', close, { class: 'quiet' })));
  }
  return {
    node, update,
    show(step) {
      back = document.activeElement;
      id = typeof step === 'string' ? step : step.step_id;
      nth = typeof step === 'string' ? null : step.nth;
      fill(node);
      node.hidden = false;
      update();
      node.scrollIntoView({ block: 'nearest' });
      node.focus({ preventScroll: true });
    },
  };
}

