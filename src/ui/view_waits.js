// view_waits.js - questions that wait for people, and their answers

import { add, el, fill, link } from './dom.js';
import { every } from './live.js';
import { get, post } from './net.js';
import { answerForm, command, heading, runHref, teller } from './parts.js';
import { age, moment } from './show.js';

export async function open(main) {
  const said = teller(), list = el('div', { class: 'cards' });
  let shown = null;

  async function load() {
    const { waits, next } = await get('/api/v2/waits?limit=100');
    const now = JSON.stringify(waits.map((w) => [w.run_id, w.path, w.execution]));
    if (now === shown) return; // somebody may be typing
    shown = now;
    fill(list, waits.length ? null : el('p', { class: 'note' }, 'Nobody is waited for.'),
      waits.map((w) => el('section', { class: 'card ask' },
        el('h2', {}, w.prompt || 'A question'), el('p', { class: 'note' }, link(runHref(w.run_id), w.run_id), ` · ${w.orchestration_id} · ${w.step_id} · asked ${age(w.opened_at)} ago`,
          w.deadline_at ? ' · until ' : '', w.deadline_at ? moment(w.deadline_at) : null),
        w.agent_context ? el('details', {}, el('summary', {}, 'What it is about'), el('pre', {}, w.agent_context)) : null,
        answerForm(w.fields, async (response) => {
          await said.did(() => post(`/api/v2/orchestrations/runs/${encodeURIComponent(w.run_id)}/resume`, { response, step_id: w.path ?? w.step_id }), 'Answered; the run goes on.');
          shown = null;
          await load();
        }))), next ? el('p', { class: 'note' }, 'There are more than these hundred.') : null);
  }
  add(main, heading('Approvals'), said.node, list, command('synapsed wait list; synapsed run resume <run> --text "…"'));
  return every(4, load);
}
