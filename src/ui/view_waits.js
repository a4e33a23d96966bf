// view_waits.js - questions that wait for people, and their answers

import { add, el, link } from './dom.js';
import { every } from './live.js';
import { get, post } from './net.js';
import { answerCommand, answerForm, command, heading, runHref, showQuestions, teller } from './parts.js';
import { age, ahead, moment } from './show.js';

const SHOWN_MAX = 100, TITLE_MAX = 160; // a longer question is no heading

export async function open(main) {
  const said = teller(), list = el('div', { class: 'cards' }), note = el('p', { class: 'note', role: 'status' }), shown = new Map();
  const shell = command('synapsed wait list');

  async function load() {
    const { waits, next } = await get(`/api/v2/waits?limit=${SHOWN_MAX}`);
    const text = waits.length ? (next ? `The ${SHOWN_MAX} that were asked first; there are more, which come as these are answered.` : '') : 'Nobody is waited for.';
    if (note.textContent !== text) note.textContent = text;
    shell.say('synapsed wait list', ...waits.slice(0, 1).map((w) => answerCommand(w.run_id, w)));
    showQuestions(list, shown, waits, (w) => {
      const long = (w.prompt ?? '').length > TITLE_MAX || (w.prompt ?? '').trim().includes('\n');
      return el('section', { class: 'card ask' },
        el('h2', {}, long || !w.prompt ? `A question of ${w.orchestration_id}` : w.prompt), long ? el('p', { class: 'prompt' }, w.prompt) : null,
        el('p', { class: 'note' }, link(runHref(w.run_id), w.run_id), ` · ${w.orchestration_id} · step ${w.step_id}`, w.tenant_id && w.tenant_id !== 'default' ? ` · ${w.tenant_id}` : '', ' · asked ', moment(w.opened_at), ` (${age(w.opened_at)} ago)`,
          w.deadline_at ? [' · until ', ...ahead(w.deadline_at)] : null),
        w.agent_context ? el('details', {}, el('summary', {}, 'What it is about'), el('pre', { tabindex: '0' }, w.agent_context)) : null,
        answerForm(w.fields, async (response) => {
          await post(`/api/v2/orchestrations/runs/${encodeURIComponent(w.run_id)}/resume`, { response, step_id: w.path ?? w.step_id });
          said.say(`Answered; ${w.run_id} goes on.`);
          await load();
        }));
    });
  }
  add(main, heading('Approvals'), said.node, note, list, shell);
  return every(4, load);
}
