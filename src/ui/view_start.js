// view_start.js - a run from a message and inputs

import { add, el, field } from './dom.js';
import { faults } from './form.js';
import { graph } from './graph.js';
import { ask, get } from './net.js';
import { command, heading, runHref, teller } from './parts.js';

export async function open(main, params, query) {
  const list = await get('/api/v2/orchestrations');
  const said = teller(), picture = el('div');
  const which = el('select', { name: 'orchestration', required: true }, list.map((o) => el('option', { value: o.id, selected: o.id === query.get('orchestration') }, o.name || o.id)));
  const message = el('textarea', { name: 'message', rows: '4' });
  const inputs = el('textarea', { name: 'inputs', rows: '3', spellcheck: 'false', placeholder: '{"customer": 7}' });
  const session = el('input', { name: 'session_id' });
  const priority = el('input', { type: 'number', name: 'priority', min: '-10', max: '10', value: '0' });
  const form = el('form', { class: 'card' }, field('Orchestration', which), field('Message', message), field('Inputs', inputs, 'A JSON object; its members are in the state from the start'),
    field('Session', session), field('Priority', priority, '-10 to 10: each step is a head start of a minute'), said.node, el('button', { type: 'submit' }, 'Start'));
  const wrong = faults({ message, inputs, session_id: session, priority });
  const show = async () => {
    picture.replaceChildren();
    if (which.value) picture.append(graph(await get(`/api/v2/orchestrations/${encodeURIComponent(which.value)}`)));
  };
  which.addEventListener('change', show);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    wrong.clear();
    const body = { message: message.value, priority: Number(priority.value) || 0 };
    if (session.value) body.session_id = session.value;
    if (inputs.value.trim()) {
      try { body.inputs = JSON.parse(inputs.value); } catch (error) { said.say(''); wrong.at('inputs', `Inputs are no JSON: ${error.message}`); return; }
    }
    const run = await said.did(() => ask('POST', `/api/v2/orchestrations/${encodeURIComponent(which.value)}/run`, body, { Prefer: 'respond-async' }), 'Accepted.', wrong);
    if (run) location.hash = runHref(run.run_id);
  });
  add(main, heading('Start a run'), list.length ? form : el('p', { class: 'note' }, 'There is no orchestration yet: import one under Definitions.'), picture,
    command('synapsed run start <orchestration> --message "…"'));
  if (list.length) await show();
}
