// view_keys.js - keys of the API: which there are, a new one (shown once), the end of one

import { add, badge, button, confirm, el, field } from './dom.js';
import { onSubmit } from './form.js';
import { ask, get, post } from './net.js';
import { command, heading, teller } from './parts.js';
import { moment } from './show.js';
import { table } from './table.js';

// The key is nowhere but in this dialog: it is gone when that is closed.
function showOnce(key) {
  return new Promise((resolve) => {
    const text = el('input', { readonly: true, value: key.key, 'aria-label': 'The key', spellcheck: 'false' });
    const said = el('p', { class: 'note', role: 'status' });
    const dialog = el('dialog', { class: 'wide', 'aria-labelledby': 'key-title' }, el('h2', { id: 'key-title' }, 'The new key'),
      el('p', {}, `“${key.name}”: copy it now. It is shown this once, and nobody can tell it again.`), text, said,
      el('div', { class: 'row' }, button('Copy the key', async () => {
        try { await navigator.clipboard.writeText(key.key); said.textContent = 'Copied.'; }
        catch { text.select(); said.textContent = 'Copying is not allowed here: it is selected.'; }
      }), el('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, 'I have it')));
    dialog.addEventListener('close', () => { text.value = ''; dialog.remove(); resolve(); });
    document.body.append(dialog);
    dialog.showModal();
    text.focus();
    text.select();
  });
}

export async function open(main) {
  const said = teller(), session = await get('/api/session');
  const name = el('input', { required: true, maxLength: 200, spellcheck: 'false' }), tenant = el('input', { spellcheck: 'false' });
  const form = el('form', { class: 'card' }, el('h2', {}, 'A new key'), field('Name', name, 'What it is for: a key says nothing else about itself'),
    field('Tenant', tenant, 'Only for this tenant. Empty: for all of them, and for settings, workers and keys'), el('button', { type: 'submit' }, 'Make it'));
  const list = table({
    caption: 'Keys', empty: 'There is no key.', key: (k) => k.id,
    columns: [
      ['Name', (k) => (k.name === session.key_name ? [k.name, ' ', el('small', {}, '(the name of your own)')] : k.name)], ['Begins with', (k) => el('code', { class: 'num' }, `${k.key_prefix}…`)], ['Tenant', (k) => k.tenant_id ?? 'all'],
      ['State', (k) => badge(k.is_active ? 'active' : 'revoked')], ['Made', (k) => moment(k.created_at)], ['Last used', (k) => (k.last_used_at ? moment(k.last_used_at) : 'never')],
      ['Act', (k) => (k.is_active ? button('Revoke', () => revoke(k), { class: 'danger small', 'aria-label': `Revoke ${k.name}` }) : '—')],
    ],
    load: async () => ({ rows: (await get('/api/v2/keys')).keys, next: null }),
  });

  async function revoke(key) {
    const own = key.name === session.key_name ? ' It has the name of the key that you are signed in with.' : '';
    if (!await confirm(`Revoke “${key.name}”?`, `Who calls with it is refused from now on, within 30 s everywhere; sessions of it end at once.${own}`, 'Revoke')) return;
    if (await said.did(() => ask('DELETE', `/api/v2/keys/${encodeURIComponent(key.id)}`), 'Revoked.')) await list.reload();
  }
  onSubmit(form, async () => {
    const key = await said.did(() => post('/api/v2/keys', { name: name.value, tenant_id: tenant.value || null }), 'Made.');
    if (!key) return;
    // a session without a key ends with the first one: this page goes on with that
    if (!session.keys) await said.did(() => post('/api/session', { key: key.key }), 'Made, and you are signed in with it.');
    form.reset();
    await showOnce(key);
    if (!session.keys) location.reload();
    else await list.reload();
  });
  add(main, heading('Keys'), said.node, list.node);
  await list.reload(); // who may not see them makes none
  add(main, form, command('synapsed key list', 'synapsed key create --name <name> --tenant <tenant>', 'synapsed key revoke <id>'));
}
