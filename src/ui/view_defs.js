// view_defs.js - orchestrations, agents, tools and MCP servers: read, drawn, edited, imported

import { codeBox } from './code.js';
import { save as saveFile } from './csv.js';
import { diff } from './diff.js';
import { add, button, confirm, el, field, fill, link } from './dom.js';
import { graph } from './graph.js';
import { ask, get, health as healthOf, post, query as q } from './net.js';
import { command, heading, teller } from './parts.js';
import { lineAt, lineOfError, offsetOf } from './pointer.js';
import { moment, number } from './show.js';
import { syncing } from './sync.js';

// What somebody begins with who makes a new one.
const KINDS = {
  orchestrations: { word: 'Orchestrations', one: 'orchestration', fresh: { id: '', name: '', entry_step_id: 'first', steps: [{ id: 'first', name: 'First', type: 'print', print_content: 'You said: {state.user_input}' }] } },
  agents: { word: 'Agents', one: 'agent', fresh: { id: '', name: '', description: '', type: 'conversational', tools: [], system_prompt: '' } },
  tools: { word: 'Tools', one: 'tool', fresh: { name: '', description: '', tool_type: 'http', method: 'POST', url: '', headers: {}, inputSchema: { type: 'object', properties: {} } } },
  'mcp-servers': { word: 'MCP servers', one: 'MCP server', fresh: { name: '', command: '', args: [], env: {} } },
};
const VERSIONS = 20;
const path = (kind, id, rest = '') => `/api/v2/${kind}/${encodeURIComponent(id)}${rest}`;
const href = (kind, id) => `#/definitions/${kind}/${encodeURIComponent(id)}`;
const pretty = (value) => JSON.stringify(value, null, 2);

// {node, put(definition)}; done(answer) after it was stored.
function editor(kind, id, definition, said, done) {
  const found = el('ul', { class: 'problems', 'aria-live': 'polite', id: 'problems' });
  const box = codeBox({ rows: 24, 'aria-label': 'Definition as JSON', 'aria-errormessage': 'problems' }), { text } = box;
  let stored = pretty(definition);
  let etag = definition.etag; // of what is edited: a save on top of somebody else's is refused
  box.begin(stored);
  const lineOf = (p) => p.line ?? lineAt(text.value, offsetOf(text.value, p.pointer));
  // what is wrong, at its line and below; the first of it is gone to
  const tell = (list) => {
    const all = list.map((p) => ({ ...p, line: lineOf(p) })), bad = all.filter((p) => p.bad);
    fill(found, all.map((p) => el('li', { class: p.bad ? 'error' : '' }, button(`line ${p.line}`, () => box.goTo(p.line), { class: 'quiet small' }), ` ${p.pointer ?? ''} ${p.msg ?? ''}`)));
    box.mark(bad);
    if (bad.length) box.goTo(Math.min(...bad.map((p) => p.line)));
  };
  const read = () => {
    try { return JSON.parse(text.value); } catch (error) {
      said.say('That is no JSON.', true);
      tell([{ bad: true, line: lineOfError(text.value), msg: error.message }]);
      return null;
    }
  };
  const check = async () => {
    const body = read();
    if (!body) return;
    const r = await said.did(() => post(`/api/v2/${kind}/validate`, body), (x) => (x.valid ? 'It can be executed.' : 'It cannot be executed.'));
    if (r) tell([...(r.problems ?? []).map((p) => ({ ...p, bad: true })), ...(r.warnings ?? [])]);
  };
  const store = async (more) => {
    const sent = text.value, body = read();
    if (!body) return;
    const name = id ?? (body.id || body.name);
    if (!name) { said.say(`It needs an “${kind === 'mcp-servers' || kind === 'tools' ? 'name' : 'id'}”.`, true); return; }
    try {
      const r = await ask('PUT', path(kind, name), body, more);
      said.say(r.status === 'unchanged' ? 'It was stored before, as it is.' : `Stored as version ${r.version}.`);
      tell(r.warnings ?? []);
      etag = r.etag;
      stored = sent;
      done(r);
    } catch (error) {
      if (error.code === 'definition_exists') said.say(`There is one called “${name}” already.`, true);
      else said.say(error.list?.length ? `It is not stored: ${error.list.length === 1 ? 'one thing is' : `${error.list.length} things are`} wrong with it.` : error.message, true);
      tell((error.list ?? []).map((p) => ({ ...p, bad: true })));
      if (error.code === 'version_changed' && await confirm('Somebody else changed it meanwhile', 'What is here was made of an older version than the one that is stored now. Store it all the same? The other stays among the versions.', 'Store it')) await store();
    }
  };
  const save = () => store(id === null ? { 'If-None-Match': '*' } : etag ? { 'If-Match': etag } : {});
  const put = (other) => { box.set(pretty(other)); tell([]); text.focus({ preventScroll: true }); box.node.scrollIntoView({ block: 'nearest' }); };
  return { put, unsaved: () => text.value !== stored, forget: () => { stored = text.value; }, node: el('div', {}, box.node, el('div', { class: 'row' }, button('Save', save), button('Check', check, { class: 'quiet' })), said.node, found) };
}

// Versions, the newest first: what differs, and one of before back into the editor.
async function versionsOf(kind, id, said, edit) {
  const changes = el('pre', { class: 'diff', hidden: true, tabindex: '0', 'aria-label': 'Differences' }), list = el('ul', { class: 'plain' }), more = el('div', { class: 'row' });
  const read = async (version) => { const v = await get(path(kind, id, `/versions/${version}`)); return v.definition ?? v; };
  const all = [];
  const compare = async (a, b) => {
    const lines = diff(...(await Promise.all([read(a), read(b)])).map(pretty));
    changes.hidden = false;
    fill(changes, el('b', {}, `Version ${a} → ${b}\n`), lines.length ? lines : 'They are the same.');
    changes.focus({ preventScroll: true });
    changes.scrollIntoView({ block: 'nearest' });
  };
  const load = async (before) => {
    const r = await get(path(kind, id, `/versions${q({ limit: VERSIONS, before })}`));
    all.push(...r.versions);
    fill(list, all.map((v, i) => el('li', { class: 'row' }, el('span', {}, v.created_at ? [`${v.version}${i === 0 ? ', current' : ''} · `, moment(v.created_at)] : `${v.version}, as its file has it`, ` · ${number(v.bytes)} bytes`),
      i + 1 < all.length ? button('Differences to the one before', () => compare(all[i + 1].version, v.version), { class: 'quiet small', 'aria-label': `Differences to the one before, of version ${v.version}` }) : null,
      i > 0 ? button('Differences to the current', () => compare(v.version, all[0].version), { class: 'quiet small', 'aria-label': `Differences to the current, of version ${v.version}` }) : null,
      i > 0 ? button('Into the editor', async () => { edit.put(await read(v.version)); said.say(`Version ${v.version} is in the editor; Save stores it again.`); }, { class: 'quiet small', 'aria-label': `Into the editor, version ${v.version}` }) : null)));
    fill(more, r.next ? button('Show more', () => load(r.next), { class: 'quiet' }) : null);
  };
  await load();
  return [el('h2', {}, 'Versions'), list, more, changes];
}

// Definitions are rows or files, by mode; what is in files alone is said, for a sync is somebody's to ask for.
async function whereabouts() {
  const note = (...words) => el('p', { class: 'banner warn' }, ...words, ' ', link('#/definitions', 'Sync Now is below the list of all'), '.');
  try {
    const { mode, reason } = await healthOf();
    if (mode === 'standalone') return reason ? note(`This host is ${reason}. What is saved now is in its own files, and in Postgres after a sync.`) : null;
    const changed = ((await get('/api/scale/sync/status')).files ?? []).filter((f) => f.changed).map((f) => f.file);
    return changed.length ? note(`Files of this host that are not in Postgres as they are: ${changed.join(', ')}.`) : null;
  } catch { return null; } // not for this key, or the stores are away, which every view says
}

async function one(main, kind, id) {
  const { word, one: what, fresh } = KINDS[kind];
  const said = teller(), picture = el('div'), versions = el('div'), isNew = id === '+';
  const definition = isNew ? fresh : await get(path(kind, id));
  const edit = editor(kind, isNew ? null : id, definition, said, (r) => { if (isNew) location.hash = href(kind, r.id || r.name); else draw(); });
  const draw = async () => {
    if (isNew) return;
    if (kind === 'orchestrations') fill(picture, graph(await get(path(kind, id))));
    fill(versions, await versionsOf(kind, id, said, edit));
  };
  add(main, heading(isNew ? `New ${what}` : definition.name || id, link(`#/definitions${q({ kind })}`, `All ${word.replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase())}`),
    kind === 'orchestrations' && !isNew ? link(`#/start${q({ orchestration: id })}`, 'Start a run of it') : null), await whereabouts(), picture, edit.node,
  isNew ? null : el('div', { class: 'row' }, button('Delete', async () => {
    if (!await confirm('Delete this definition?', `${id}: runs that have it keep their version; nothing starts it any more.`, 'Delete')) return;
    if (await said.did(() => ask('DELETE', path(kind, id)), 'Deleted.')) { edit.forget(); location.hash = `#/definitions${q({ kind })}`; }
  }, { class: 'danger' })),
  versions, command('synapsed def validate <file>', 'synapsed def import <file>'));
  await draw();
  return Object.assign(() => {}, { unsaved: edit.unsaved });
}

// ---- all of a kind, bundles, the data folder ----

function bundles(said, reload) {
  const file = el('input', { type: 'file', accept: '.json,application/json' });
  const report = el('ul', { class: 'problems', 'aria-label': 'What was imported' });
  file.addEventListener('change', async () => {
    let bundle;
    fill(report);
    const name = file.files[0]?.name;
    try { bundle = JSON.parse(await file.files[0].text()); } catch (error) { said.say(`${name} is no JSON: ${error.message}`, true); return; }
    finally { file.value = ''; } // the same file again, mended, is a change as well
    const r = await said.did(() => post('/api/v2/import', bundle), (x) => `${name} is imported${x.errors?.length ? `, ${x.errors.length} were refused` : ''}.`);
    if (r) fill(report, Object.entries(r.results ?? {}).flatMap(([kind, items]) => items.map((i) => el('li', { class: i.status === 'error' ? 'error' : i.problems?.length ? 'doubt' : '' },
      `${kind.replaceAll('_', ' ')}: ${i.name ?? i.id} ${i.status}${i.message ? `: ${i.message}` : ''}${i.problems?.length ? `; it cannot be executed: ${i.problems.map((p) => p.msg ?? p).join('; ')}` : ''}`))));
    await reload();
  });
  return el('div', { class: 'card' }, field('Import a bundle', file, 'A file that Synapse exported; what is there by the same name is replaced'), report,
    el('div', { class: 'row' }, button('Export everything', async () => {
      const bundle = await said.did(() => get('/api/v2/export'), 'Exported, without secrets.');
      if (bundle) saveFile('synapse-export.json', pretty(bundle), 'application/json');
    }, { class: 'quiet' })));
}

export async function open(main, [kind, id], query) {
  if (KINDS[kind] && id) return one(main, kind, id);
  const said = teller(), list = el('div'), which = KINDS[query.get('kind')] ? query.get('kind') : 'orchestrations';
  const { one: what } = KINDS[which];
  const load = async () => {
    const items = await get(`/api/v2/${which}`);
    const rows = Array.isArray(items) ? items : items[which.replace('-', '_')] ?? [];
    fill(list, rows.length ? el('ul', { class: 'plain' }, rows.map((d) => el('li', {}, link(href(which, d.id ?? d.name), d.name ?? d.label ?? d.id), ' ',
      d.id && d.id !== d.name ? el('code', {}, d.id) : null, d.updated_at ? el('small', {}, ' · changed ', moment(d.updated_at)) : null, d.description ? el('div', {}, el('small', {}, d.description)) : null))) : el('p', { class: 'note' }, `There is no ${what} yet.`));
  };
  const sync = syncing(load);
  add(main, heading('Definitions', link(`#/definitions/${which}/+`, `New ${what}`)), await whereabouts(),
    el('div', { class: 'row tabs', role: 'group', 'aria-label': 'Kinds of definitions' }, Object.entries(KINDS).map(([k, { word }]) => el('a', { href: `#/definitions${q({ kind: k })}`, 'aria-current': k === which ? 'true' : null }, word))),
    said.node, list, bundles(said, load), el('section', { class: 'card', 'aria-labelledby': 'folder' }, el('h2', { id: 'folder' }, 'Files of the data folder'), sync.node),
    command('synapsed def list', 'synapsed def import <file>', 'synapsed def sync'));
  await Promise.all([load(), sync.look()]);
}
