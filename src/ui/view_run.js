// view_run.js - one run: where it stands, what it did, what it says while it goes on

import { add, badge, button, confirm, el, fill, link } from './dom.js';
import { graph } from './graph.js';
import { every } from './live.js';
import { ask, follow, get, post } from './net.js';
import { answerForm, command, heading, runHref, teller, tile } from './parts.js';
import { between, json, money, moment, span } from './show.js';

const SHOWN_MAX = 500; // events; older ones leave the list, not the run

function block(title, value) {
  if (value === null || value === undefined || value === '') return null;
  return el('details', { open: String(json(value)).length < 400 }, el('summary', {}, title), el('pre', {}, json(value)));
}

function statesOf(steps) {
  const states = new Map();
  for (const s of steps ?? []) states.set(s.step_id, s.status);
  return states;
}

function timeline(steps) {
  if (!steps?.length) return el('p', { class: 'note' }, 'No step has begun.');
  return el('div', { class: 'list' }, el('table', {},
    el('caption', { class: 'hidden' }, 'Steps in the order in which they began'),
    el('thead', {}, el('tr', {}, ['Step', 'Type', 'Status', 'Attempts', 'Began', 'Took'].map((h) => el('th', { scope: 'col' }, h)))),
    el('tbody', {}, steps.map((s) => el('tr', {},
      el('td', { 'data-label': 'Step' }, el('div', {}, s.name ?? s.step_id, s.path && s.path !== s.step_id ? el('small', {}, ` ${s.path}`) : null)),
      el('td', { 'data-label': 'Type' }, s.type), el('td', { 'data-label': 'Status' }, el('div', {}, badge(s.status), s.error ? el('p', { class: 'error' }, s.error) : null)),
      el('td', { 'data-label': 'Attempts' }, s.attempts, s.starts > 1 ? ` (${s.starts} starts)` : ''),
      el('td', { 'data-label': 'Began' }, moment(s.started_at)),
      el('td', { 'data-label': 'Took' }, s.duration_seconds !== null ? span(s.duration_seconds) : s.ended_at ? between(s.started_at, s.ended_at) : '…'))))));
}

function eventText(e) {
  const skip = new Set(['type', 'seq', 'sub', 'epoch', 'ts', 'orch_step_id', 'step_name', 'run_id']);
  return Object.entries(e).filter(([k]) => !skip.has(k)).map(([k, v]) => `${k}: ${typeof v === 'string' ? v : JSON.stringify(v)}`).join('  ');
}

export async function open(main, [id]) {
  const path = `/api/v2/orchestrations/runs/${encodeURIComponent(id)}`;
  const said = teller();
  const top = el('div'), why = el('p', { class: 'note', role: 'status' }), asks = el('div'), acts = el('div', { class: 'row acts' });
  const picture = el('div'), steps = el('div'), facts = el('div');
  const tokens = el('pre', { class: 'tokens', 'aria-live': 'off', hidden: true });
  const log = el('ol', { class: 'events', tabindex: '0', 'aria-label': 'Events' }), state = el('span', { class: 'note', role: 'status' });
  let definition = null, shown = '', asked = '', stale = true;

  async function load() {
    const run = await get(`/api/v2/runs/${encodeURIComponent(id)}`);
    const live = !['completed', 'failed', 'cancelled'].includes(run.status);
    if (!definition) {
      try { definition = await get(`/api/v2/orchestrations/${encodeURIComponent(run.orchestration_id)}/versions/${run.definition_version}`); definition = definition.definition ?? definition; }
      catch { definition = { steps: [] }; } // a deleted one, or a chat's agent: there is no graph to draw
    }
    fill(top, el('dl', { class: 'tiles' }, tile('Status', badge(run.status)), tile('Orchestration', run.orchestration_id),
      tile('Took', between(run.started_at, run.ended_at)), tile('Cost', money(run.total_cost_usd)), tile('Tokens', run.total_tokens_used ?? 0),
      tile('Worker', run.worker_id ?? '—'), tile('Attempt', run.attempt)));
    const now = JSON.stringify(run.steps);
    if (now !== shown) {
      shown = now;
      if (definition.steps?.length) fill(picture, graph(definition, { states: statesOf(run.steps) }));
      fill(steps, timeline(run.steps));
    }
    const open = (run.waits ?? []).filter((w) => w.state === 'open');
    const which = JSON.stringify(open);
    if (which !== asked) { // not while somebody is typing
      asked = which;
      fill(asks, open.map((w) => el('section', { class: 'card ask' }, el('h2', {}, 'A question for a person'), el('p', {}, w.prompt),
        answerForm(w.fields, async (response) => {
          await said.did(() => post(`${path}/resume`, { response, step_id: w.path ?? w.step_id }), 'Answered.');
          await load();
        }))));
    }
    if (run.status === 'queued') get(`/api/v2/runs/${encodeURIComponent(id)}/why`).then((r) => { why.textContent = r.detail; }, (e) => { why.textContent = e.message; });
    else why.textContent = '';
    fill(acts,
      live ? button('Cancel', async () => { if (await confirm('Cancel this run?', id, 'Cancel the run')) { await said.did(() => post(`${path}/cancel`), 'It is being cancelled.'); await load(); } }, { class: 'danger' }) : null,
      run.status === 'failed' ? button('Resume where it failed', async () => { await said.did(() => post(`${path}/resume-failed`), 'It goes on as a new attempt.'); await load(); watch(); }) : null,
      live ? null : button('Run again', async () => { const r = await said.did(() => post(`/api/v2/runs/${encodeURIComponent(id)}/retry`), 'Started.'); if (r?.run_id) location.hash = runHref(r.run_id); }, { class: 'quiet' }),
      live ? null : button('Erase', async () => { if (await confirm('Erase this run?', 'Its row, journal, questions and stream go for good.', 'Erase')) { await said.did(() => ask('DELETE', `/api/v2/runs/${encodeURIComponent(id)}`), 'Erased.'); location.hash = '#/runs'; } }, { class: 'quiet' }));
    fill(facts, block('Error', run.error), block('Answer', run.final_response), block('Message', run.input), block('Inputs', run.inputs),
      block('Tags', run.metadata), block('State', run.state), block('Usage', run.usage?.length ? run.usage : null),
      block('Effects', run.effects?.length ? run.effects : null), block('Workers that had it', run.workers?.length ? run.workers : null));
    stale = live;
    return run;
  }

  function onEvent(event) {
    if (event.type === 'llm_token') {
      tokens.hidden = false;
      tokens.append(event.text ?? '');
      return;
    }
    if (event.type === 'step_start' || event.type === 'step_complete') { tokens.replaceChildren(); tokens.hidden = true; }
    log.append(el('li', {}, event.ts ? el('time', { class: 'at' }, new Date(event.ts).toLocaleTimeString()) : null, el('b', {}, event.type),
      event.orch_step_id ? el('span', { class: 'of' }, event.orch_step_id) : null, el('span', { class: 'rest' }, eventText(event).slice(0, 2000))));
    while (log.children.length > SHOWN_MAX) log.firstChild.remove();
    stale = true;
  }
  let end = () => {};
  function watch() {
    end();
    log.replaceChildren();
    end = follow(`${path}/stream`, onEvent, (s) => { state.textContent = { live: 'live', reconnecting: 'connecting again…', complete: 'the run has ended', closed: 'the stream was refused' }[s]; stale = true; });
  }

  add(main, heading('Run', el('code', {}, id)), top, why, said.node, acts, asks, picture, el('h2', {}, 'Steps'), steps,
    tokens, facts, el('h2', {}, 'Events ', state), log, command(`synapsed run get ${id}; synapsed run tail ${id}`));
  await load();
  watch();
  const stop = every(1.5, async () => { if (stale) await load(); });
  return () => { stop(); end(); };
}
