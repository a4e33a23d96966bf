// view_defs.js - orchestrations, agents, tools and MCP servers: read, drawn, edited, imported

import { diff } from './diff.js';
import { add, button, confirm, el, field, fill, link } from './dom.js';
import { graph } from './graph.js';
import { ask, get, post, query as q } from './net.js';
import { command, heading, teller } from './parts.js';
import { lineAt, lineOfError, offsetOf } from './pointer.js';
import { moment } from './show.js';

const KINDS = [['orchestrations', 'Orchestrations'], ['agents', 'Agents'], ['tools', 'Tools'], ['mcp-servers', 'MCP servers']];

function editor(kind, id, definition, said, done) {
  const text = el('textarea', { class: 'code', rows: '24', spellcheck: 'false', 'aria-label': 'Definition as JSON' });
  const found = el('ul', { class: 'problems', 'aria-live': 'polite' });
  text.value = JSON.stringify(definition, null, 2);
  const lineOf = (p) => p.line ?? lineAt(text.value, offsetOf(text.value, p.pointer));
  const show = (line) => {
    const all = text.value.split('\n');
    const from = all.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    text.focus();
    text.setSelectionRange(from, from + (all[line - 1]?.length ?? 0));
    text.scrollTop = (line - 4) * text.scrollHeight / all.length;
  };
  const tell = (list) => fill(found, list.map((p) => { const line = lineOf(p); return el('li', { class: p.bad ? 'error' : '' },
    button(`line ${line}`, () => show(line), { class: 'quiet small' }), ` ${p.pointer ?? ''} ${p.msg ?? ''}`); }));
  const read = () => {
    try { return JSON.parse(text.value); } catch (error) {
      said.say('That is no JSON.', true);
      tell([{ bad: true, line: lineOfError(text.value, error.message) || 1, msg: error.message }]);
      return null;
    }
  };
  const check = async () => {
    const body = read();
    if (!body) return null;
    const r = await said.did(() => post(`/api/v2/${kind}/validate`, body), (x) => (x.valid ? 'It can be executed.' : 'It cannot be executed.'));
    if (r) tell([...(r.problems ?? []).map((p) => ({ ...p, bad: true })), ...(r.warnings ?? [])]);
    return r;
  };
  const save = async () => {
    const body = read();
    if (!body) return;
    try {
      const r = await ask('PUT', `/api/v2/${kind}/${encodeURIComponent(id ?? body.id ?? body.name)}`, body);
      said.say(r.status === 'unchanged' ? 'It was stored before, as it is.' : `Stored as version ${r.version}.`);
      tell(r.warnings ?? []);
      done(r);
    } catch (error) {
      said.say(error.message, true);
      tell((error.list ?? []).map((p) => ({ ...p, bad: true })));
    }
  };
  return el('div', {}, text, el('div', { class: 'row' }, button('Save', save), button('Check', check, { class: 'quiet' })), found);
}

// Definitions are rows or files, by mode; what is in files alone is said, for a sync is somebody's to ask for.
async function whereabouts() {
  const note = (...words) => el('p', { class: 'banner warn' }, ...words, ' ', link('#/scale', 'Sync Now is under Scale'), '.');
  try {
    const { mode, reason } = await get('/health');
    if (mode === 'standalone') return reason ? note(`This host is ${reason}. What is saved now is in its own files, and in Postgres after a sync.`) : null;
    const changed = ((await get('/api/scale/sync/status')).files ?? []).filter((f) => f.changed).map((f) => f.file);
    return changed.length ? note(`Files of this host that are not in Postgres as they are: ${changed.join(', ')}.`) : null;
  } catch { return null; } // not for this key, or the stores are away, which every view says
}

async function one(main, kind, id) {
  const said = teller(), picture = el('div'), versions = el('div');
  const definition = id === '+' ? { id: '', name: '', steps: [], entry_step_id: '' } : await get(`/api/v2/${kind}/${encodeURIComponent(id)}`);
  const editing = editor(kind, id === '+' ? null : id, definition, said, (r) => { if (id === '+') location.hash = `#/definitions/${kind}/${encodeURIComponent(r.id ?? r.name)}`; else draw(); });
  const draw = async () => {
    if (id === '+') return;
    if (kind === 'orchestrations') fill(picture, graph(await get(`/api/v2/${kind}/${encodeURIComponent(id)}`)));
    const list = (await get(`/api/v2/${kind}/${encodeURIComponent(id)}/versions?limit=20`)).versions;
    const changes = el('pre', { class: 'diff', hidden: true, tabindex: '0', 'aria-label': 'Differences' });
    fill(versions, el('h2', {}, 'Versions'), el('ul', {}, list.map((v, i) => el('li', {}, `${v.version} · `, moment(v.created_at), ` · ${v.bytes} bytes `,
      i + 1 < list.length ? button('Differences to the one before', async () => {
        const [a, b] = await Promise.all([list[i + 1], v].map((x) => get(`/api/v2/${kind}/${encodeURIComponent(id)}/versions/${x.version}`)));
        const lines = diff(JSON.stringify(a.definition ?? a, null, 2), JSON.stringify(b.definition ?? b, null, 2));
        changes.hidden = false;
        fill(changes, lines.length ? lines : 'They are the same.');
      }, { class: 'quiet small' }) : null,
      i ? button('Put this back', async () => {
        const old = await get(`/api/v2/${kind}/${encodeURIComponent(id)}/versions/${v.version}`);
        if (await said.did(() => ask('PUT', `/api/v2/${kind}/${encodeURIComponent(id)}`, old.definition ?? old), (r) => `Stored as version ${r.version}, as it was.`)) {
          editing.querySelector('textarea').value = JSON.stringify(old.definition ?? old, null, 2);
          await draw();
        }
      }, { class: 'quiet small' }) : null))), changes);
  };
  add(main, heading(id === '+' ? `New: ${kind}` : definition.name ?? id, link(`#/definitions?kind=${kind}`, 'All')), await whereabouts(), said.node, picture, editing,
    el('div', { class: 'row' }, kind === 'orchestrations' && id !== '+' ? link(`#/start?orchestration=${encodeURIComponent(id)}`, 'Start a run of it') : null,
      id === '+' ? null : button('Delete', async () => { if (await confirm('Delete this definition?', 'Runs that have it keep their version.', 'Delete')) { await said.did(() => ask('DELETE', `/api/v2/${kind}/${encodeURIComponent(id)}`), 'Deleted.'); location.hash = `#/definitions?kind=${kind}`; } }, { class: 'danger' })),
    versions, command('synapsed def list; synapsed def validate <file>'));
  await draw();
}

async function importer(said, reload) {
  const file = el('input', { type: 'file', accept: '.json,application/json' });
  const report = el('ul', { class: 'problems' });
  file.addEventListener('change', async () => {
    let bundle;
    try { bundle = JSON.parse(await file.files[0].text()); } catch (error) { said.say(`The file is no JSON: ${error.message}`, true); return; }
    const r = await said.did(() => post('/api/v2/import', bundle), (x) => `Imported${x.errors?.length ? `, ${x.errors.length} items were refused` : ''}.`);
    if (r) fill(report, Object.entries(r.results ?? {}).flatMap(([kind, items]) => items.map((i) => el('li', { class: i.status === 'error' ? 'error' : '' }, `${kind}: ${i.name ?? i.id} ${i.status}${i.message ? `: ${i.message}` : ''}`))));
    await reload();
  });
  return el('div', { class: 'card' }, field('Import a bundle', file, 'A file that Synapse exported'), report);
}

export async function open(main, [kind, id], query) {
  if (kind && id) return one(main, kind, id);
  const said = teller(), list = el('div'), which = query.get('kind') ?? 'orchestrations';
  const load = async () => {
    const items = await get(`/api/v2/${which}`);
    const rows = Array.isArray(items) ? items : items[which.replace('-', '_')] ?? [];
    fill(list, rows.length ? el('ul', { class: 'plain' }, rows.map((d) => el('li', {}, link(`#/definitions/${which}/${encodeURIComponent(d.id ?? d.name)}`, d.name ?? d.label ?? d.id),
      el('small', {}, ` ${d.id ?? ''} ${d.description ?? ''}`)))) : el('p', { class: 'note' }, 'There are none.'));
  };
  add(main, heading('Definitions', link(`#/definitions/${which}/+`, 'New')), await whereabouts(),
    el('div', { class: 'row tabs' }, KINDS.map(([k, word]) => el('a', { href: `#/definitions${q({ kind: k })}`, 'aria-current': k === which ? 'true' : null }, word))),
    said.node, list, await importer(said, load), command('synapsed def import <bundle.json>'));
  await load();
}
