// view_chat.js - a conversation with an agent, its answer as it comes

import { add, button, el, field, link } from './dom.js';
import { faults, onSubmit } from './form.js';
import { follow, get, post } from './net.js';
import { command, heading, teller, word } from './parts.js';

const WHO = { user: 'You', assistant: 'Agent' };
const STOPPED = 'stopped before there was an answer';

export async function open(main, [session], query) {
  const agents = await get('/api/v2/agents');
  const said = teller(), log = el('ol', { class: 'chat', 'aria-live': 'polite', 'aria-label': 'Conversation' });
  const agent = el('select', {}, agents.map((a) => el('option', { value: a.id, selected: a.id === query.get('agent') }, a.name && a.name !== a.id ? `${a.name} (${a.id})` : a.id)));
  const text = el('textarea', { rows: '3', required: true });
  const cut = el('p', { class: 'banner warn', role: 'status', hidden: true }, 'The answer comes no more: connecting again…');
  const about = el('p', { class: 'note' }), shell = command();
  let id = session ?? null, end = () => {};

  const nameOf = (role) => WHO[role] ?? role;
  const say = (role, words) => { const node = el('li', { class: role }, el('b', {}, nameOf(role)), el('p', {}, words)); log.append(node); node.scrollIntoView?.({ block: 'nearest' }); return node.lastChild; };

  // What stands around the conversation: which one it is, and its line in the terminal.
  function place() {
    about.replaceChildren(...id ? ['Session ', el('code', {}, id), ' · ', link(`#/runs?session_id=${encodeURIComponent(id)}`, 'its runs'), ' · ', link(`#/chat?agent=${encodeURIComponent(agent.value)}`, 'a new conversation')]
      : ['A new conversation: it begins with the first message.']);
    shell.say(`synapsed chat send${agent.value ? ` --agent ${word(agent.value)}` : ''}${id ? ` --session ${word(id)}` : ''} --tail ${word(text.value || 'Hello')}`, ...(id ? [`synapsed chat status ${word(id)}`] : []));
  }

  const stop = button('Stop the answer', async () => {
    await said.did(() => post(`/api/v2/chat/${encodeURIComponent(id)}/cancel`), 'It is being stopped.');
  }, { class: 'danger', hidden: true });

  // A message that had no answer goes back into its field, to be said again.
  function putBack(words, message) {
    words.after(button('Say it again', () => { text.value = message; text.focus(); place(); }, { class: 'quiet small' }));
  }

  function hear(path, message) {
    const words = say('assistant', '…');
    let any = false;
    const over = () => { stop.hidden = true; };
    end();
    stop.hidden = false;
    end = follow(path, (event) => {
      if (event.type === 'llm_token') { if (!any) words.textContent = ''; any = true; words.firstChild?.appendData?.(event.text ?? '') ?? words.append(event.text ?? ''); }
      else if (event.type === 'tool_execution') words.before(el('small', { class: 'note' }, `uses ${event.tool_name}`));
      else if (event.type === 'final') { words.textContent = event.response ?? ''; any = true; }
      else if (event.type === 'error' && event.error === 'Cancelled') { if (!any) words.textContent = STOPPED; any = true; }
      else if (event.type === 'error' || event.type === 'orchestration_error') { words.textContent = event.message ?? event.error; words.classList.add('error'); if (message && !any) putBack(words, message); any = true; }
      else if (event.type === 'human_input_required') { words.replaceChildren(`${event.prompt} (`, link('#/approvals', 'answer it under Approvals'), ')'); any = true; }
    }, (state) => {
      cut.hidden = state !== 'reconnecting';
      if (state === 'complete' || state === 'closed') over();
      if (state === 'complete' && !any) words.textContent = 'no answer';
      if (state === 'closed' && !any) words.textContent = 'the stream was refused';
    });
  }

  const form = el('form', { class: 'row grow' }, field('Message', text, 'Ctrl and Enter sends it'), el('button', { type: 'submit' }, 'Send'), stop);
  const wrong = faults({ message: text, agent });
  onSubmit(form, async () => {
    const message = text.value;
    const turn = await said.did(() => post('/api/v2/chat', { message, agent: agent.value, session_id: id }), '', wrong);
    if (!turn) return;
    text.value = '';
    id = turn.session_id;
    say('user', message);
    hear(turn.stream_url, message);
    history.replaceState(null, '', `#/chat/${encodeURIComponent(id)}`);
    place();
  });
  text.addEventListener('keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit(); });
  text.addEventListener('input', place);
  agent.addEventListener('change', place);

  // an unknown session is said before anything is drawn that looks as if it were one
  const status = id ? await get(`/api/v2/chat/${encodeURIComponent(id)}/status`).catch((error) => { if (error.status !== 404) throw error; return null; }) : null;
  if (id && (!status || status.status === 'not_found')) {
    add(main, heading('Chat'), el('p', { class: 'error', role: 'alert' }, `There is no conversation ${id}.`), el('p', {}, link('#/chat', 'Begin one')));
    return null;
  }
  if (!agents.length) {
    add(main, heading('Chat'), el('p', { class: 'note' }, 'There is no agent yet: ', link('#/definitions?kind=agents', 'make or import one'), '.'), command('synapsed def import <bundle.json>'));
    return null;
  }
  if (status?.agent_id && agents.some((a) => a.id === status.agent_id)) agent.value = status.agent_id;
  place();
  add(main, heading('Chat'), field('Agent', agent), about, log, cut, said.node, form, shell);
  if (status) {
    const turns = [...(status.turns ?? [])].sort((a, b) => a.turn - b.turn);
    // turns tell of failed ones too; messages go further back
    if (turns.length >= (status.turn_count ?? 0)) {
      for (const t of turns) {
        say('user', t.message);
        if (t.answer !== null) say('assistant', t.answer);
        else if (t.status === 'cancelled') say('assistant', STOPPED);
        else if (t.error) say('assistant', t.error.message ?? String(t.error)).classList.add('error');
      }
    } else for (const m of status.messages ?? []) say(m.role, m.content);
    if (status.status === 'running' || status.status === 'queued') hear(`/api/v2/chat/${encodeURIComponent(id)}/stream`);
  }
  return () => end();
}
