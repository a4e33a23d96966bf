// view_run.js - one run: where it stands, what it did, what it says while it goes on

import { add, badge, button, confirm, el, fill, link, refresh } from './dom.js';
import { graph } from './graph.js';
import { every } from './live.js';
import { eventLog, eventText, tokenBox } from './log.js';
import { ask, follow, get, post, query as q } from './net.js';
import { answerForm, command, heading, runHref, showQuestions, teller, tile } from './parts.js';
import { between, json, money, moment, span } from './show.js';
import { definitionOf, runOf } from './story.js';
import { table } from './table.js';

const EVENTS_PAGE = 200, SHORT_MAX = 400;
const LOOK_MS = 1500, LOOK_LONG_MS = 6000, LONG_STEPS = 300; // a long run is much to ask for

// What a run is made of, each under its title: written out when somebody opens it, since it
// may be large and changes while the run goes on.
function factSheet() {
  const node = el('div'), parts = new Map();

  function part(title, short) {
    const pre = el('pre', { tabindex: '0' }), details = el('details', { open: short }, el('summary', {}, title), pre);
    const me = { details, value: null, write() { const text = json(me.value); if (details.open && pre.textContent !== text) pre.textContent = text; } };
    details.addEventListener('toggle', me.write);
    parts.set(title, me);
    return me;
  }
  return {
    node,
    show(values) {
      for (const [title, value] of values) {
        const empty = value === null || value === undefined || value === '' || (Array.isArray(value) && !value.length);
        if (empty && !parts.has(title)) continue;
        const me = parts.get(title) ?? part(title, String(json(value)).length < SHORT_MAX);
        me.details.hidden = empty;
        me.value = value ?? '';
        me.write();
      }
      // in their order, whichever came first
      const want = values.map(([title]) => parts.get(title)?.details).filter(Boolean);
      want.forEach((details, i) => { if (node.children[i] !== details) node.insertBefore(details, node.children[i] ?? null); });
    },
  };
}

function statesOf(steps) {
  const states = new Map();
  for (const s of steps ?? []) states.set(s.step_id, s.status);
  return states;
}

// Steps in the order in which they began; the same one once for each time it was begun.
function timeline(stepsNow) {
  return table({
    caption: 'Steps in the order in which they began', empty: 'No step has begun.', key: (s) => s.nth,
    columns: [
      ['Step', (s) => [s.name ?? s.step_id, s.path && s.path !== s.step_id ? el('small', {}, ` ${s.path}`) : null]], ['Type', (s) => s.type],
      ['Status', (s) => [badge(s.status), s.error ? el('p', { class: 'error' }, s.error) : null]],
      ['Attempts', (s) => [s.attempts, s.starts > 1 ? ` (${s.starts} starts)` : '']], ['Began', (s) => moment(s.started_at)],
      ['Took', (s) => (s.duration_seconds !== null ? span(s.duration_seconds) : s.ended_at ? between(s.started_at, s.ended_at) : '…')],
    ],
    load: async () => ({ rows: stepsNow().map((s, nth) => ({ ...s, nth })), next: null }),
  });
}

// All events from the first on, for those that are not in the list any more.
function allEvents(path) {
  return table({
    caption: 'All events from the first on', empty: 'There are none.', key: (e) => e.id,
    columns: [['At', (e) => (e.event.ts ? moment(e.event.ts) : '—')], ['Event', (e) => e.event.type], ['Step', (e) => e.event.orch_step_id ?? ''], ['What', (e) => eventText(e.event)]],
    load: async (after) => {
      const { events } = await get(`${path}/events${q({ start: after ? `(${after}` : null, limit: EVENTS_PAGE })}`);
      return { rows: events, next: events.length === EVENTS_PAGE ? events.at(-1).id : null };
    },
  });
}

export async function open(main, [id]) {
  const path = `/api/v2/orchestrations/runs/${encodeURIComponent(id)}`;
  const said = teller();
  const top = el('div'), why = el('p', { class: 'note', role: 'status' }), asks = el('div'), acts = el('div', { class: 'row acts' });
  const picture = el('div'), facts = factSheet(), older = el('div');
  const tokens = tokenBox();
  const log = eventLog((dropped) => {
    if (!dropped) { fill(older); return; }
    if (!older.firstChild) add(older, el('p', { class: 'note' }, el('span', {}), button('Show all events', async () => { const all = allEvents(path); older.lastChild.replaceWith(all.node); await all.reload(); }, { class: 'quiet small' })), el('div'));
    older.querySelector('span').textContent = `${dropped} older ones are not shown here. `;
  });
  const state = el('span', { class: 'note', role: 'status' });
  const cut = el('p', { class: 'banner warn', role: 'status', hidden: true }, 'The events come no more: connecting again…');
  let definition = null, drawn = null, steps = [], shown = '', acting = '', stale = true, looked = 0;
  const list = timeline(() => steps), asked = new Map(), spoken = el('p', { class: 'hidden', role: 'status' });

  async function load() {
    const run = await runOf(id);
    looked = performance.now();
    const live = !['completed', 'failed', 'cancelled'].includes(run.status);
    definition ??= await definitionOf(run);
    refresh(top, el('dl', { class: 'tiles' }, tile('Status', badge(run.status)), tile('Orchestration', run.orchestration_id),
      tile('Took', between(run.started_at, run.ended_at)), tile('Cost', money(run.total_cost_usd)), tile('Tokens', run.total_tokens_used ?? 0),
      tile('Worker', run.worker_id ?? '—'), tile('Attempt', run.attempt)));
    const now = JSON.stringify(run.steps);
    if (now !== shown) {
      shown = now;
      steps = run.steps ?? [];
      if (drawn) drawn.restate(statesOf(steps));
      else if (definition.steps?.length) { drawn = graph(definition, { states: statesOf(steps) }); fill(picture, drawn); }
      await list.reload();
    }
    showQuestions(asks, asked, (run.waits ?? []).filter((w) => w.state === 'open'), (w) => el('section', { class: 'card ask' },
      el('h2', {}, 'A question for a person'), el('p', {}, w.prompt),
      answerForm(w.fields, async (response) => {
        await post(`${path}/resume`, { response, step_id: w.path ?? w.step_id });
        said.say('Answered.');
        await load();
      })));
    if (spoken.textContent !== run.status) spoken.textContent = run.status;
    if (run.status === 'queued') get(`/api/v2/runs/${encodeURIComponent(id)}/why`).then((r) => { why.textContent = r.detail; }, (e) => { why.textContent = e.message; });
    else why.textContent = '';
    if (acting !== run.status) { // the same acts stay, and who stands on one stays there
      acting = run.status;
      refresh(acts,
        live ? button('Cancel', async () => { if (await confirm('Cancel this run?', id, 'Cancel the run')) { await said.did(() => post(`${path}/cancel`), 'It is being cancelled.'); await load(); } }, { class: 'danger' }) : null,
        run.status === 'failed' ? button('Resume where it failed', async () => { await said.did(() => post(`${path}/resume-failed`), 'It goes on as a new attempt.'); await load(); watch(); }) : null,
        live ? null : button('Run again', async () => { const r = await said.did(() => post(`/api/v2/runs/${encodeURIComponent(id)}/retry`), 'Started.'); if (r?.run_id) location.hash = runHref(r.run_id); }, { class: 'quiet' }),
        live ? null : button('Erase', async () => { if (await confirm('Erase this run?', 'Its row, journal, questions and stream go for good.', 'Erase')) { await said.did(() => ask('DELETE', `/api/v2/runs/${encodeURIComponent(id)}`), 'Erased.'); location.hash = '#/runs'; } }, { class: 'quiet' }));
    }
    facts.show([['Error', run.error], ['Answer', run.final_response], ['Message', run.input], ['Inputs', run.inputs], ['Tags', run.metadata],
      ['State', run.state], ['Usage', run.usage], ['Effects', run.effects], ['Workers that had it', run.workers]]);
    stale = live;
    return run;
  }

  function onEvent(event) {
    if (event.type === 'llm_token') { tokens.push(event.text ?? ''); return; }
    if (event.type === 'step_start' || event.type === 'step_complete') tokens.clear();
    log.push(event);
    stale = true;
  }
  let end = () => {};
  function watch() {
    end();
    log.clear();
    end = follow(`${path}/stream`, onEvent, (s) => {
      state.textContent = { live: 'live', reconnecting: 'connecting again…', complete: 'the run has ended', closed: 'the stream was refused' }[s];
      cut.hidden = s !== 'reconnecting';
      stale = true;
    });
  }

  add(main, heading('Run', el('code', {}, id)), cut, top, spoken, why, said.node, acts, asks, picture, el('h2', {}, 'Steps'), list.node,
    tokens.node, facts.node, el('h2', {}, 'Events ', state), older, log.node, command(`synapsed run get ${id}; synapsed run tail ${id}`));
  await load();
  watch();
  const stop = every(LOOK_MS / 1000, async () => {
    if (stale && performance.now() - looked >= (steps.length > LONG_STEPS ? LOOK_LONG_MS : LOOK_MS) - 100) await load();
  });
  return () => { stop(); end(); };
}
