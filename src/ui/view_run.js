// view_run.js - one run: where it stands, what it did, what it says while it goes on

import { add, badge, button, confirm, el, fill, link, refresh } from './dom.js';
import { graph } from './graph.js';
import { every } from './live.js';
import { eventLog, eventText, tokenBox } from './log.js';
import { ask, follow, get, post, query as q } from './net.js';
import { answerCommand, answerForm, command, heading, runHref, showQuestions, teller, tile, took, word } from './parts.js';
import { age, ahead, gist, json, money, moment, momentText, number, seconds, span } from './show.js';
import { factList, statesOf, stepCard, stepsOf, timeline } from './steps.js';
import { definitionOf, runOf } from './story.js';
import { table } from './table.js';

const EVENTS_PAGE = 200, SHORT_MAX = 400, REASON_MAX = 600;
const LOOK_MS = 1500, LOOK_LONG_MS = 6000, LONG_STEPS = 300; // a long run is much to ask for
const ENDED = ['completed', 'failed', 'cancelled'];

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

// Who had it, one after the other: a later one has it because the one before died, gave it
// back, or it was answered or tried again.
function workersOf(known) {
  return table({
    caption: 'Workers that had it', empty: 'No worker has had it.', key: (w) => w.nth,
    columns: [['Worker', (w) => link('#/workers', w.worker_id ?? '—')], ['Epoch', (w) => w.epoch], ['From', (w) => moment(w.picked_up_at)], ['Until', (w) => (w.until ? moment(w.until) : 'it has it')]],
    load: async () => {
      const run = known(), list = run.workers ?? [];
      // what is parked or queued again is nobody's
      const last = run.status === 'running' ? null : run.ended_at ?? run.updated_at;
      return { rows: list.map((w, nth) => ({ ...w, nth, until: list[nth + 1]?.picked_up_at ?? last })), next: null };
    },
  });
}

function effectsOf(known) {
  return table({
    caption: 'Effects on other systems', empty: 'It has had none.', key: (e) => e.seq,
    columns: [['At', (e) => moment(e.at)], ['Step', (e) => e.path ?? e.step_id], ['Effect', (e) => [el('code', {}, json(e.effect)), e.error ? el('div', { class: 'error' }, json(e.error)) : null]]],
    load: async () => ({ rows: (known().effects ?? []).slice(), next: null }),
  });
}

function facts(run) {
  const definition = `#/definitions/orchestrations/${encodeURIComponent(run.orchestration_id)}`;
  return factList([
    ['Orchestration', [link(definition, run.orchestration_id), run.definition_version ? ` version ${run.definition_version}` : '']],
    ['Accepted', moment(run.created_at ?? run.started_at)], ['Not before', run.run_at && ahead(run.run_at)],
    ['Began', run.picked_up_at && moment(run.picked_up_at)], ['Ended', run.ended_at && moment(run.ended_at)],
    ['Deadline', !run.ended_at && run.deadline_at && ahead(run.deadline_at)], ['Cancelled by somebody', run.cancel_requested_at && moment(run.cancel_requested_at)],
    ['Attempt', run.attempt > 1 && run.attempt], ['Worker', run.worker_id && link('#/workers', run.worker_id)],
    ['Queue', run.queue && [run.queue, run.lane && run.lane !== '-' ? `, lane ${run.lane}` : '', run.priority ? `, priority ${run.priority}` : '']],
    ['Tenant', run.tenant_id && link(`#/runs${q({ tenant_id: run.tenant_id })}`, run.tenant_id)],
    ['Session', run.session_id && link(`#/runs${q({ session_id: run.session_id })}`, run.session_id)],
    ['Schedule', run.schedule_id && link('#/schedules', run.schedule_id)], ['Part of', run.parent_run_id && link(runHref(run.parent_run_id), run.parent_run_id)],
    ['Workers died over it', run.crashes || null], ['Put back', run.requeues ? `${run.requeues} times` : null], ['Cause of death', run.cause],
    ['Idempotency key', run.idempotency_key], ['Trace', run.trace_id], ['Webhook', run.webhook_url]].map(([name, value]) => [name, value || null]));
}

// How long it has been going on; of what has not begun, for how long it waits or is to wait.
function progress(run) {
  const due = run.status === 'queued' && run.run_at ? seconds(run.run_at) - Date.now() / 1000 : 0;
  if (due > 0) return [tile('Begins in', span(due))];
  return [run.status === 'queued' ? tile('Waits for', age(run.ready_at ?? run.created_at)) : tile('Took', took(run))];
}

// Why it failed, before anything else; what is long is cut, and whole where somebody opens it.
function failure(run) {
  if (run.status !== 'failed' || !run.error) return null;
  const text = run.error.message ?? json(run.error), line = gist(text), short = line.length > REASON_MAX ? `${line.slice(0, REASON_MAX)}…` : line;
  return el('section', { class: 'card wrong' }, el('h2', {}, 'Why it failed'), el('p', { class: 'error' }, short),
    el('p', { class: 'note' }, [run.error.step_id && `step ${run.error.step_id}`, run.error.class && `class ${run.error.class}`].filter(Boolean).join(' · ')),
    short !== text.trim() ? el('details', {}, el('summary', {}, 'All of it'), el('pre', { tabindex: '0' }, text)) : null);
}

function terminal(run) {
  const id = word(run.run_id), lines = [`synapsed run get ${id}`, `synapsed run tail ${id}`];
  const asks = (run.waits ?? []).find((w) => w.state === 'open');
  if (run.status === 'queued') lines.push(`synapsed run why ${id}`);
  if (asks) lines.push(answerCommand(run.run_id, asks));
  if (run.status === 'failed') lines.push(`synapsed run resume-failed ${id}`);
  return lines;
}

// A moment as the server writes it, in words of its own.
function readable(sentence) {
  return sentence.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00:00/g, (text) => momentText(text));
}

export async function open(main, [id]) {
  const path = `/api/v2/orchestrations/runs/${encodeURIComponent(id)}`, own = `/api/v2/runs/${encodeURIComponent(id)}`;
  const said = teller();
  const top = el('div'), why = el('p', { class: 'why', role: 'status', hidden: true }), asks = el('div'), acts = el('div', { class: 'row acts' });
  const picture = el('div', { class: 'picture' }), about = el('div'), sheet = factSheet(), older = el('div'), rest = el('p', { class: 'note' });
  const tokens = tokenBox(), shell = command(`synapsed run get ${word(id)}`);
  const log = eventLog((dropped) => {
    if (!dropped) { fill(older); return; }
    if (!older.firstChild) add(older, el('p', { class: 'note' }, el('span', {}), button('Show all events', async () => { const all = allEvents(path); older.lastChild.replaceWith(all.node); await all.reload(); }, { class: 'quiet small' })), el('div'));
    older.querySelector('span').textContent = `${dropped} older ones are not shown here. `;
  });
  const state = el('span', { class: 'note', role: 'status' });
  const cut = el('p', { class: 'banner warn', role: 'status', hidden: true }, 'The events come no more: connecting again…');
  let run = null, definition = null, drawn = null, lit = null, letter = null, steps = [], shown = '', acting = '', stale = true, looked = 0;
  const asked = new Map(), spoken = el('p', { class: 'hidden', role: 'status' });

  const card = stepCard(() => ({ run, steps, definition }), async (step) => {
    if (await said.did(() => post(`${path}/resume-failed`, { from_step: step }), `It goes on from ${step} as a new attempt.`)) { await load(); watch(); }
  });
  const list = timeline(() => steps, card.show), workers = workersOf(() => run), effects = effectsOf(() => run);
  const others = [[workers, 'workers', el('section', { hidden: true }, el('h2', {}, 'Workers that had it'), workers.node)],
    [effects, 'effects', el('section', { hidden: true }, el('h2', {}, 'Effects'), effects.node)]];

  function actsOf() {
    const live = !ENDED.includes(run.status);
    if (live) return [button('Cancel', async () => { if (await confirm('Cancel this run?', id, 'Cancel the run', command(`synapsed run cancel ${word(id)}`))) { await said.did(() => post(`${path}/cancel`), 'It is being cancelled.'); await load(); } }, { class: 'danger' })];
    return [
      run.status === 'failed' ? button('Resume where it failed', async () => { await said.did(() => post(`${path}/resume-failed`), 'It goes on as a new attempt.'); await load(); watch(); }) : null,
      letter ? link(`#/dead-letters/${encodeURIComponent(letter)}${q({ run_id: id })}`, 'Its dead letter') : null,
      button('Run again', async () => { const r = await said.did(() => post(`${own}/retry`), 'Started.'); if (r?.run_id) location.hash = runHref(r.run_id); }, { class: 'quiet' }),
      link(`#/start${q({ like: id })}`, 'Start another like it'),
      button('Erase', async () => {
        if (!await confirm('Erase this run?', 'Its row, journal, questions and stream go for good.', 'Erase', command(`synapsed run delete ${word(id)}`))) return;
        if (await said.did(async () => { await ask('DELETE', own); return true; }, 'Erased.')) location.hash = '#/runs';
      }, { class: 'danger' })];
  }

  // A run that was given up has a letter, with what becomes of it; one in files has none.
  async function openLetter() {
    if (run.status !== 'failed' || !run.wake) return null;
    try { return (await get(`/api/v2/dead-letters${q({ state: 'open', limit: 1, run_id: id })}`)).dead_letters[0]?.id ?? null; } catch (error) {
      if (error.status === 0 || error.status >= 500) throw error;
      return null; // not for this key
    }
  }

  function drawSteps() {
    const states = statesOf(steps);
    if (drawn) drawn.restate(states);
    else if (definition.steps?.length) { drawn = graph(definition, { states, onStep: card.show }); fill(picture, drawn); }
    const now = steps.findLast((s) => ['running', 'waiting', 'failed'].includes(s.status))?.step_id ?? null;
    if (now && now !== lit) drawn?.seek(lit = now); // where it stands is in sight
    return list.reload();
  }

  async function waitsFor() {
    let text = '';
    if (run.cancel_requested_at && !run.ended_at) text = 'It is being cancelled.';
    else if (run.status === 'queued') try { text = `Why it waits: ${readable((await get(`${own}/why`)).detail)}.`; } catch (error) { if (error.status === 0) return; text = error.message; }
    if (why.textContent !== text) why.textContent = text;
    why.hidden = !text;
  }

  async function load() {
    run = await runOf(id);
    looked = performance.now();
    stale = !ENDED.includes(run.status);
    definition ??= await definitionOf(run);
    steps = stepsOf(run);
    refresh(top, el('dl', { class: 'tiles' }, tile('Status', badge(run.status)), ...progress(run),
      tile('Cost', money(run.total_cost_usd)), tile('Tokens', number(run.total_tokens_used ?? 0))), failure(run));
    refresh(about, facts(run));
    const now = JSON.stringify([steps, run.workers, run.effects, run.status]), going = steps.length <= LONG_STEPS && steps.some((s) => !s.ended_at && !run.ended_at);
    if (now !== shown || going) { // of what goes on the time goes on as well
      const fresh = now !== shown;
      shown = now;
      await drawSteps();
      for (const [one, name, section] of fresh ? others : []) {
        section.hidden = !run[name]?.length;
        if (!section.hidden) await one.reload();
      }
    }
    card.update();
    rest.textContent = run.truncated?.length ? `There are more than these: ${run.truncated.join(', ')}. All of them are in the events.` : '';
    showQuestions(asks, asked, (run.waits ?? []).filter((w) => w.state === 'open'), (w) => el('section', { class: 'card ask' },
      el('h2', {}, 'A question for a person'), el('p', { class: 'prompt' }, w.prompt),
      el('p', { class: 'note' }, 'asked ', moment(w.opened_at), w.deadline_at ? [' · until ', ahead(w.deadline_at)].flat() : null),
      answerForm(w.fields, async (response) => {
        await post(`${path}/resume`, { response, step_id: w.path ?? w.step_id });
        said.say('Answered.');
        await load();
      })));
    if (spoken.textContent !== run.status) spoken.textContent = run.status;
    if (acting !== run.status) { // the same acts stay, and who stands on one stays there
      letter = await openLetter();
      acting = run.status;
      refresh(acts, actsOf());
    }
    const told = run.status === 'failed' && String(run.final_response ?? '').startsWith('Orchestration failed: '); // the reason is above
    sheet.show([['Answer', told ? null : run.final_response], ['Message', run.input], ['Inputs', run.inputs], ['Tags', run.metadata], ['State', run.state]]);
    shell.say(...terminal(run));
    await waitsFor();
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

  try { await load(); } catch (error) {
    if (error.status !== 404) throw error;
    add(main, heading('Run', el('code', {}, id)), el('p', { class: 'error', role: 'alert' }, 'There is no such run: it was erased, was never accepted here, or is another tenant’s.'),
      el('p', {}, link('#/runs', 'To the runs')), shell);
    return null;
  }
  add(main, heading('Run', el('code', {}, id)), cut, top, spoken, why, said.node, acts, asks, el('div', { class: 'pair' }, picture, about), card.node,
    el('h2', {}, 'Steps'), list.node, rest, tokens.node, sheet.node, others.map(([, , section]) => section), el('h2', {}, 'Events ', state), older, log.node, shell);
  watch();
  const stop = every(LOOK_MS / 1000, async () => {
    if (stale && performance.now() - looked >= (steps.length > LONG_STEPS ? LOOK_LONG_MS : LOOK_MS) - 100) await load();
  });
  return () => { stop(); end(); };
}
