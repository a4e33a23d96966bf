// view_start.js - a run from a message and inputs

import { add, el, field, link } from './dom.js';
import { faults, onSubmit } from './form.js';
import { graph } from './graph.js';
import { ask, get } from './net.js';
import { command, heading, runHref, teller, word } from './parts.js';
import { runOf } from './story.js';

// One that was: its message and inputs, for another like it.
async function before(id) {
  if (!id) return null;
  try { return await runOf(id); } catch (error) { if (error.status === 404) return null; throw error; }
}

export async function open(main, params, query) {
  const [list, like] = await Promise.all([get('/api/v2/orchestrations'), before(query.get('like'))]);
  const wanted = like?.orchestration_id ?? query.get('orchestration');
  const said = teller(), picture = el('div'), about = el('p', { class: 'note' }), shell = command();
  const which = el('select', { name: 'orchestration', required: true }, list.map((o) => el('option', { value: o.id, selected: o.id === wanted }, o.name && o.name !== o.id ? `${o.name} (${o.id})` : o.id)));
  const message = el('textarea', { name: 'message', rows: '4' });
  const inputs = el('textarea', { name: 'inputs', rows: '3', spellcheck: 'false', class: 'code', placeholder: '{"customer": 7}' });
  const session = el('input', { name: 'session_id' });
  const priority = el('input', { type: 'number', name: 'priority', min: '-10', max: '10', value: '0' });
  const at = el('input', { type: 'datetime-local', name: 'run_at', step: '1' });
  const form = el('form', { class: 'card' }, field('Orchestration', which), about, field('Message', message), field('Inputs', inputs, 'A JSON object; its members are in the state from the start'),
    el('div', { class: 'three' }, field('Session', session, 'Optional: runs of one session are found together'), field('Priority', priority, '-10 to 10: each step is a head start of a minute'),
      field('Not before', at, 'Optional, by your clock')), said.node, el('button', { type: 'submit' }, 'Start'));
  const wrong = faults({ message, inputs, session_id: session, priority, run_at: at });
  message.value = like?.input ?? '';
  if (like?.inputs && Object.keys(like.inputs).length) inputs.value = JSON.stringify(like.inputs, null, 2);
  session.value = like?.session_id ?? '';
  priority.value = String(like?.priority ?? 0);

  function terminal() {
    let line = `synapsed run start ${word(which.value)}`, given = null;
    try { given = JSON.parse(inputs.value || '{}'); } catch { /* said when it is sent */ }
    if (message.value) line += ` --message ${word(message.value)}`;
    for (const [name, value] of Object.entries(given ?? {}))
      line += ` --input ${word(typeof value === 'string' ? `${name}=${value}` : `${name}:=${JSON.stringify(value)}`)}`;
    if (session.value) line += ` --session ${word(session.value)}`;
    if (Number(priority.value)) line += ` --priority ${word(priority.value)}`;
    if (at.value) line += ` --at ${word(new Date(at.value).toISOString())}`;
    shell.say(line);
  }
  const show = async () => {
    picture.replaceChildren();
    if (!which.value) return;
    const definition = await get(`/api/v2/orchestrations/${encodeURIComponent(which.value)}`);
    about.replaceChildren(definition.description ?? '', ' ', link(`#/definitions/orchestrations/${encodeURIComponent(which.value)}`, 'Its definition'));
    picture.replaceChildren(graph(definition));
  };
  which.addEventListener('change', () => show().catch((error) => said.say(error.message, true)));
  form.addEventListener('input', terminal);
  onSubmit(form, async () => { // who presses twice means one run
    wrong.clear();
    const body = { message: message.value, priority: Number(priority.value) || 0 };
    if (session.value) body.session_id = session.value;
    if (at.value) body.run_at = new Date(at.value).toISOString();
    if (inputs.value.trim()) {
      try { body.inputs = JSON.parse(inputs.value); } catch (error) { said.say(''); wrong.at('inputs', `Inputs are no JSON: ${error.message}`); return; }
    }
    const run = await said.did(() => ask('POST', `/api/v2/orchestrations/${encodeURIComponent(which.value)}/run`, body, { Prefer: 'respond-async' }), 'Accepted.', wrong);
    if (run) location.hash = runHref(run.run_id);
  });
  message.addEventListener('keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit(); });
  add(main, heading('Start a run'),
    query.get('like') && !like ? el('p', { class: 'error', role: 'alert' }, 'The run that this was to be like is not there any more.') : null,
    list.length ? form : el('p', { class: 'note' }, 'There is no orchestration yet: ', link('#/definitions', 'make or import one'), '.'), picture,
    list.length ? shell : command('synapsed def import <bundle.json>'));
  if (list.length) { terminal(); await show(); }
}
