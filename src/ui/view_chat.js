// view_chat.js - a conversation with an agent, its answer as it comes

import { add, el, field, fill } from './dom.js';
import { faults } from './form.js';
import { follow, get, post } from './net.js';
import { command, heading, teller } from './parts.js';

export async function open(main, [session], query) {
  const agents = await get('/api/v2/agents');
  const said = teller(), log = el('ol', { class: 'chat', 'aria-live': 'polite', 'aria-label': 'Conversation' });
  const agent = el('select', {}, agents.map((a) => el('option', { value: a.id, selected: a.id === query.get('agent') }, a.name ?? a.id)));
  const text = el('textarea', { rows: '3', required: true });
  const cut = el('p', { class: 'banner warn', role: 'status', hidden: true }, 'The answer comes no more: connecting again…');
  let id = session ?? null, end = () => {};

  const say = (role, words) => { const node = el('li', { class: role }, el('b', {}, role), el('p', {}, words)); log.append(node); node.scrollIntoView?.({ block: 'nearest' }); return node.lastChild; };

  function hear(turn, path) {
    const words = say('assistant', '…');
    let any = false;
    end();
    end = follow(path, (event) => {
      if (event.type === 'llm_token') { if (!any) words.textContent = ''; any = true; words.firstChild?.appendData?.(event.text ?? '') ?? words.append(event.text ?? ''); }
      else if (event.type === 'tool_execution') words.before(el('small', { class: 'note' }, `uses ${event.tool_name}`));
      else if (event.type === 'final') { words.textContent = event.response ?? ''; any = true; }
      else if (event.type === 'error' || event.type === 'orchestration_error') { words.textContent = event.message ?? event.error; words.classList.add('error'); any = true; }
      else if (event.type === 'human_input_required') { words.textContent = `${event.prompt} (answer it under Approvals)`; any = true; }
    }, (state) => {
      cut.hidden = state !== 'reconnecting';
      if (state === 'complete' && !any) words.textContent = 'no answer';
      if (state === 'closed' && !any) words.textContent = 'the stream was refused';
    });
  }

  const form = el('form', { class: 'row grow' }, field('Message', text), el('button', { type: 'submit' }, 'Send'));
  const wrong = faults({ message: text, agent });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const message = text.value;
    const turn = await said.did(() => post('/api/v2/chat', { message, agent: agent.value, session_id: id }), '', wrong);
    if (!turn) return;
    text.value = '';
    id = turn.session_id;
    say('user', message);
    hear(turn.turn, turn.stream_url);
    history.replaceState(null, '', `#/chat/${encodeURIComponent(id)}`);
  });
  text.addEventListener('keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit(); });
  add(main, heading('Chat'), agents.length ? field('Agent', agent) : el('p', { class: 'note' }, 'There is no agent yet: import one under Definitions.'), log, cut, said.node, form,
    command('synapsed chat send --agent <agent> "…"'));
  if (id) {
    const status = await get(`/api/v2/chat/${encodeURIComponent(id)}/status`);
    const turns = [...(status.turns ?? [])].sort((a, b) => a.turn - b.turn);
    // turns tell of failed ones too; messages go further back
    if (turns.length >= (status.turn_count ?? 0)) {
      for (const t of turns) {
        say('user', t.message);
        if (t.answer !== null) say('assistant', t.answer);
        else if (t.error) say('assistant', t.error).classList.add('error');
      }
    } else for (const m of status.messages ?? []) say(m.role, m.content);
    if (status.status === 'running' || status.status === 'queued') hear(null, `/api/v2/chat/${encodeURIComponent(id)}/stream`);
  }
  return () => end();
}
