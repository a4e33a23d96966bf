// view_schedules.js - what is started again and again: all of it, and one with what it fired

import { add, badge, button, confirm, el, field, fill, link, refresh } from './dom.js';
import { faults, onSubmit } from './form.js';
import { every } from './live.js';
import { ask, get, post, query as q } from './net.js';
import { command, heading, runHref, teller, word } from './parts.js';
import { ahead, json, moment } from './show.js';
import { table } from './table.js';

const MISSED = [['once', 'once: the last of them'], ['skip', 'skip: none'], ['all', 'all of them']];
const OVERLAP = [['allow', 'allow: it begins beside'], ['skip', 'skip: it is left out'], ['queue', 'queue: it begins after']];
const path = (id) => `/api/v2/schedules/${encodeURIComponent(id)}`;
const href = (id) => `#/schedules/${encodeURIComponent(id)}`;
const choice = (options, value) => el('select', {}, options.map(([v, word]) => el('option', { value: v, selected: v === value }, word)));

// A new one, or the one that is there: what the form does not have stays as it is then, so
// `latest` says how it stands when it is saved.
function form(orchestrations, now, said, done, latest = null) {
  const name = el('input', { maxLength: 255, spellcheck: 'false' });
  const which = el('select', { required: true }, orchestrations.map((o) => el('option', { value: o.id, selected: o.id === now?.orchestration_id }, o.name && o.name !== o.id ? `${o.name} (${o.id})` : o.id)));
  if (now && !orchestrations.some((o) => o.id === now.orchestration_id)) add(which, el('option', { value: now.orchestration_id, selected: true }, `${now.orchestration_id} (deleted)`));
  const cron = el('input', { required: true, spellcheck: 'false', placeholder: '*/5 * * * *', value: now?.cron ?? '' });
  const zone = el('input', { value: now?.zone ?? 'UTC', spellcheck: 'false' });
  const message = el('input', { value: now?.run?.message ?? '' });
  const inputs = el('textarea', { class: 'code', rows: '3', spellcheck: 'false', placeholder: '{}' });
  const missed = choice(MISSED, now?.missed ?? 'once'), overlap = choice(OVERLAP, now?.overlap ?? 'allow');
  inputs.value = now?.run?.inputs ? JSON.stringify(now.run.inputs, null, 2) : '';
  const node = el('form', { class: 'card' }, el('h2', {}, now ? 'Change it' : 'A new schedule'), field('Orchestration', which),
    field('When', cron, 'Minute, hour, day, month, weekday; or @daily and its like'), field('Time zone', zone), field('Message', message), field('Inputs', inputs, 'A JSON object, or nothing'),
    el('details', { open: now && (now.missed !== 'once' || now.overlap !== 'allow') }, el('summary', {}, now ? 'Missed moments, overlap' : 'Name, missed moments, overlap'), now ? null : field('Name', name, 'Empty: a random one'),
      field('Moments missed in an outage', missed), field('While a run of it lives', overlap)),
    el('button', { type: 'submit' }, now ? 'Save' : 'Make it'));
  const wrong = faults({ id: name, orchestration_id: which, cron, zone, message, inputs, missed, overlap });
  node.noValidate = true; // the server's words are the better ones
  onSubmit(node, async () => {
    wrong.clear();
    let given = null;
    if (inputs.value.trim()) {
      try { given = JSON.parse(inputs.value); } catch (error) { wrong.at('inputs', `Inputs are no JSON: ${error.message}`); return; }
    }
    const stands = latest?.();
    const body = { ...stands?.run, orchestration_id: which.value, cron: cron.value, zone: zone.value, message: message.value, missed: missed.value, overlap: overlap.value };
    delete body.inputs;
    if (given !== null) body.inputs = given;
    if (stands) Object.assign(body, { tenant_id: stands.tenant_id, missed_max: stands.missed_max, paused: stands.paused });
    else if (name.value.trim()) body.id = name.value.trim();
    const made = await said.did(() => (now ? ask('PUT', path(now.id), body) : post('/api/v2/schedules', body)), now ? 'Saved.' : (r) => `Made: ${r.id}.`, wrong);
    if (made) await done(made);
  });
  return node;
}

// Pause or Resume, and Delete, of one.
function acts(s, said, again, gone) {
  return [button(s.paused ? 'Resume' : 'Pause', async () => {
    await said.did(() => post(`${path(s.id)}/${s.paused ? 'resume' : 'pause'}`), s.paused ? 'It goes on; what it missed is not made up for.' : 'It fires no more.');
    await again();
  }, { class: 'quiet small', 'aria-label': `${s.paused ? 'Resume' : 'Pause'} ${s.id}` }), ' ', button('Delete', async () => {
    if (!await confirm('Delete this schedule?', `${s.id} fires no more. Its runs stay.`, 'Delete')) return;
    if (await said.did(() => ask('DELETE', path(s.id)), 'Deleted.')) await gone();
  }, { class: 'danger small', 'aria-label': `Delete ${s.id}` })];
}

// Runs for moments that have been.
function backfill(id, said, again) {
  const from = el('input', { type: 'datetime-local', required: true }), until = el('input', { type: 'datetime-local', required: true });
  const node = el('form', { class: 'card' }, el('h2', {}, 'Runs for moments that have been'), el('div', { class: 'row' }, field('From (UTC)', from), field('Before (UTC)', until)),
    el('button', { type: 'submit' }, 'Start them'));
  const wrong = faults({ from, until });
  const moments = () => ({ from: from.value && `${from.value}:00Z`, until: until.value && `${until.value}:00Z` });
  node.noValidate = true;
  onSubmit(node, async () => {
    wrong.clear();
    for (const [key, input] of [['from', from], ['until', until]]) if (!input.value) { wrong.at(key, 'A moment is needed.'); return; }
    if (!await confirm('Start runs for moments that have been?', `One for each moment of ${id} from ${moments().from} on and before ${moments().until}, 1000 at the most; those that were dealt with stay as they are.`, 'Start them')) return;
    if (await said.did(() => post(`${path(id)}/backfill`, moments()), (r) => (r.moments ? `${r.added} of ${r.moments} moments get a run.` : 'No moment of it is in this time.'), wrong)) await again();
  });
  return node;
}

async function one(main, id) {
  const said = teller(), facts = el('div'), fires = el('div'), row = el('div', { class: 'row' });
  const [orchestrations, first] = await Promise.all([get('/api/v2/orchestrations'), get(path(id))]);
  const draw = (s) => {
    refresh(row, acts(s, said, load, () => { location.hash = '#/schedules'; }));
    refresh(facts, el('p', {}, badge(s.paused ? 'paused' : 'open'), ' ', el('code', {}, s.cron), ` ${s.zone} · `, s.paused ? 'it fires no more' : ['next ', ...ahead(s.next_at)], ` · tenant ${s.tenant_id} · missed moments: ${s.missed} · overlap: ${s.overlap}`),
      s.run && (s.run.inputs || s.run.metadata) ? el('details', {}, el('summary', {}, 'What its runs are started with'), el('pre', { tabindex: '0' }, json(s.run))) : null);
    refresh(fires, el('h2', {}, 'What it fired'), s.fires.length ? el('div', { class: 'list' }, el('table', {}, el('caption', { class: 'hidden' }, 'What it fired'),
      el('thead', {}, el('tr', {}, ['Due', 'State', 'Run', 'Why'].map((h) => el('th', { scope: 'col' }, h)))),
      el('tbody', {}, s.fires.map((f) => el('tr', {}, [['Due', moment(f.due_at)], ['State', badge(f.state)], ['Run', f.run_id ? link(runHref(f.run_id), f.run_id) : '—'], ['Why', f.detail ?? '—']].map(([h, x]) => el('td', { 'data-label': h }, el('div', {}, x)))))))) : el('p', { class: 'note' }, 'Nothing yet.'));
  };
  let stands = first;
  const load = async () => {
    stands = await get(path(id));
    draw(stands);
  };
  add(main, heading(id, link(`#/definitions/orchestrations/${encodeURIComponent(first.orchestration_id)}`, first.orchestration_id), link('#/schedules', 'All')), row, said.node, facts, fires, el('br'),
    form(orchestrations, first, said, load, () => stands), backfill(id, said, load), command(`synapsed schedule show ${word(id)}`, `synapsed schedule pause ${word(id)}`, `synapsed schedule resume ${word(id)}`, `synapsed schedule backfill ${word(id)} <from> <until>`));
  return every(10, load);
}

export async function open(main, [id]) {
  if (id) return one(main, id);
  const said = teller();
  const orchestrations = await get('/api/v2/orchestrations');
  const list = table({
    caption: 'Schedules', empty: 'There are none.', key: (s) => s.id,
    columns: [
      ['Schedule', (s) => link(href(s.id), s.id)], ['Orchestration', (s) => s.orchestration_id], ['When', (s) => [el('code', {}, s.cron), ` ${s.zone}`]],
      ['State', (s) => badge(s.paused ? 'paused' : 'open')], ['Next', (s) => (s.paused ? '—' : ahead(s.next_at))],
      ['Act', (s) => acts(s, said, () => list.reload(), () => list.reload())],
    ],
    load: async (after) => { const r = await get(`/api/v2/schedules${q({ after })}`); return { rows: r.schedules, next: r.next }; },
  });
  const fresh = el('div'), renew = () => fill(fresh, form(orchestrations, null, said, async () => { renew(); await list.reload(); }));
  if (orchestrations.length) renew();
  else add(fresh, el('p', { class: 'note' }, 'A schedule needs an orchestration: ', link('#/definitions/orchestrations/+', 'make one'), '.'));
  add(main, heading('Schedules'), said.node, list.node);
  await list.reload(); // where there are none for want of stores, none can be made
  add(main, fresh, command('synapsed schedule list', 'synapsed schedule add <orchestration> "<cron>" --zone <zone> --message "…"'));
  return every(10, async () => { if (list.pages() < 2) await list.reload(); }, { soon: false });
}
