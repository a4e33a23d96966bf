// view_letters.js - jobs that were given up: what they were, why, and what becomes of them

import { add, badge, button, confirm, el, fill, link } from './dom.js';
import { faults } from './form.js';
import { get, post, query as q } from './net.js';
import { command, heading, runHref, teller } from './parts.js';
import { json, moment } from './show.js';
import { table } from './table.js';

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
    const edit = el('textarea', { rows: '8', spellcheck: 'false', 'aria-label': 'What the retry is given', value: '' });
    const given = { message: letter.job_payload?.message, inputs: letter.job_payload?.inputs, metadata: letter.job_payload?.metadata };
    const before = JSON.stringify(given, null, 2);
    edit.value = before;
    edit.id = 'edit';
    const wrong = faults({ edit });
    fill(detail, el('section', { class: 'card', tabindex: '-1' }, el('h2', {}, `Letter of ${letter.run_id}`),
      el('p', { class: 'error' }, letter.error_message), letter.error_traceback ? el('details', {}, el('summary', {}, 'Trace'), el('pre', { tabindex: '0' }, letter.error_traceback)) : null,
      el('details', {}, el('summary', {}, 'Envelope'), el('pre', { tabindex: '0' }, json(letter.job_payload))),
      letter.resolved ? null : el('div', {}, el('h3', {}, 'Retry with'), edit, el('div', { class: 'row' },
        button('Retry', async () => {
          let body = {};
          if (edit.value !== before) {
            try { body = JSON.parse(edit.value); } catch (error) { wrong.at('edit', `That is no JSON: ${error.message}`); return; }
          }
          const r = await said.did(() => post(`/api/v2/dead-letters/${id}/retry`, body), 'It runs again.');
          if (r?.run_id) location.hash = runHref(r.run_id);
        }),
        button('Discard', async () => { if (await confirm('Discard this letter?', letter.run_id, 'Discard')) { await said.did(() => post(`/api/v2/dead-letters/${id}/discard`), 'Discarded.'); fill(detail); await list.reload(); } }, { class: 'danger' })))));
    detail.firstChild.focus();
  }

  const bulk = (action, word) => button(`${word} all`, async () => {
    const path = (after) => `/api/v2/dead-letters/bulk${q({ state: 'open', limit: 1000, after })}`;
    const dry = await said.did(() => post(path(), { action, dry_run: true, all: true }), 'Counted.');
    if (!dry || !await confirm(`${word} all open letters?`, `${dry.applicable} of ${dry.matched}.`, word)) return;
    await said.did(() => post(path(), { action, all: true }), (r) => `${r.done} done`);
    await list.reload();
  }, { class: 'quiet' });
  pick.addEventListener('change', () => { location.hash = `#/dead-letters${q({ state: pick.value })}`; });
  add(main, heading('Dead letters'), el('div', { class: 'row' }, pick, bulk('retry', 'Retry'), bulk('discard', 'Discard')), said.node, list.node, detail,
    command('synapsed dlq list; synapsed dlq show <id>; synapsed dlq discard <id>'));
  await list.reload();
}
