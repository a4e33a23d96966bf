// sync.js - what the stock files of the data folder have, put into Postgres: Sync Now and counts

import { button, confirm, el, fill, refresh } from './dom.js';
import { get, post } from './net.js';
import { teller } from './parts.js';
import { moment, number } from './show.js';

const KEPT = { newer_in_store: 'was changed in the store since its last sync, and in the file not: the store’s stays', deleted_in_store: 'was deleted in the store since its last sync, and the file is as it was: it stays deleted' };

function counts(status) {
  if (!status.available) return el('p', { class: 'note' }, `Nothing can be synced yet: ${status.message ?? 'Postgres is not set'}.`);
  const changed = status.files.filter((f) => f.changed).map((f) => f.file), bad = status.files.filter((f) => f.error);
  return [el('dl', { class: 'tiles' }, Object.entries(status.counts).map(([name, n]) =>
    el('div', { class: 'tile' }, el('dt', {}, name.replaceAll('_', ' ')), el('dd', {}, number(n))))),
  el('p', { class: 'note' }, 'Last sync: ', status.last_synced_at ? moment(status.last_synced_at) : 'never',
    status.files.some((f) => f.found) ? '' : ' · the data folder of this host has no file to sync', changed.length ? ` · changed since: ${changed.join(', ')}` : ''),
  ...bad.map((f) => el('p', { class: 'error' }, `${f.file}: ${f.error}`))];
}

// What came of it, item by item where there is anything to say.
function lines({ errors, details }) {
  return [errors.map((e) => el('li', { class: 'error' }, e)),
    Object.entries(details).flatMap(([what, d]) => [el('li', {}, `${what.replaceAll('_', ' ')}: ${d.synced} synced${d.deleted?.length ? `, ${d.deleted.length} deleted` : ''}`),
      ...(d.items ?? []).filter((i) => KEPT[i.outcome] || i.problem).map((i) => el('li', { class: 'doubt' }, `${what.replaceAll('_', ' ')}: ${i.id} ${KEPT[i.outcome] ?? `is stored and cannot be executed: ${i.problem}`}`))])].flat();
}

// {node, look()}; look() asks for the counts again. done(): something may have been stored.
export function syncing(done = () => {}) {
  const said = teller(), table = el('div'), report = el('ul', { class: 'problems' }), more = el('div', { class: 'row' });
  const sync = async (force) => {
    const r = await said.did(() => post(`/api/scale/sync${force ? '?force=true' : ''}`), (x) => `${x.total_synced} synced${x.errors.length ? `, ${x.errors.length} errors` : ''}.`);
    if (!r) return;
    const kept = Object.values(r.details).flatMap((d) => d.items ?? []).filter((i) => KEPT[i.outcome]).length;
    fill(report, lines(r));
    fill(more, kept ? button('Overwrite what the store has', async () => {
      if (await confirm('Overwrite what the store has?', `${kept} of the store become what the files of this host have. What they were stays among their versions.`, 'Overwrite')) await sync(true);
    }, { class: 'danger' }) : null);
    await look();
    await done();
  };
  const act = button('Sync Now', () => sync(false));
  const look = async () => {
    const status = await get('/api/scale/sync/status');
    refresh(table, counts(status));
    act.hidden = !status.available;
  };
  return { node: el('div', { role: 'group', 'aria-label': 'Sync definitions' }, table, act, said.node, report, more), look };
}
