// view_waits.js - questions that wait for people, and their answers

import { add, el, link } from './dom.js';
import { every } from './live.js';
import { get, post } from './net.js';
import { answerForm, command, heading, runHref, showQuestions, teller } from './parts.js';
import { moment } from './show.js';

export async function open(main) {
  const said = teller(), list = el('div', { class: 'cards' }), note = el('p', { class: 'note', role: 'status' }), shown = new Map();

  async function load() {
    const { waits, next } = await get('/api/v2/waits?limit=100');
    note.textContent = waits.length ? (next ? 'There are more than these hundred.' : '') : 'Nobody is waited for.';
    showQuestions(list, shown, waits, (w) => el('section', { class: 'card ask' },
      el('h2', {}, w.prompt || 'A question'), el('p', { class: 'note' }, link(runHref(w.run_id), w.run_id), ` · ${w.orchestration_id} · ${w.step_id} · asked `, moment(w.opened_at),
        w.deadline_at ? ' · until ' : '', w.deadline_at ? moment(w.deadline_at) : null),
      w.agent_context ? el('details', {}, el('summary', {}, 'What it is about'), el('pre', { tabindex: '0' }, w.agent_context)) : null,
      answerForm(w.fields, async (response) => {
        await post(`/api/v2/orchestrations/runs/${encodeURIComponent(w.run_id)}/resume`, { response, step_id: w.path ?? w.step_id });
        said.say('Answered; the run goes on.');
        await load();
      })));
  }
  add(main, heading('Approvals'), said.node, note, list, command('synapsed wait list; synapsed run resume <run> --text "…"'));
  return every(4, load);
}
