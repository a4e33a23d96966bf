// sign_in.js - a key for a session: as a page of its own, and in front of what somebody looks at

import { button, el, field } from './dom.js';
import { faults, onSubmit } from './form.js';
import { ask, post } from './net.js';

const HINT = 'sk-syn-…, as “synapsed key create” shows it once; the first one of a new host is in the file api-key of its data folder';

// {node, key, enter(body)}; done(session) when there is one.
function keyForm(why, done, props, ...head) {
  const said = el('p', { role: 'alert', class: 'error' }, why ?? '');
  const key = el('input', { type: 'password', name: 'key', autocomplete: 'current-password', required: true, spellcheck: 'false' });
  const wrong = faults({ key });
  const enter = async (body) => {
    let session;
    said.textContent = '';
    wrong.clear();
    try { session = await post('/api/session', body); } catch (error) {
      if (!wrong.show(error)) said.textContent = error.message;
      key.focus();
      return;
    }
    done(session);
  };
  const node = el('form', props, head, field('API key', key, HINT), said, el('button', { type: 'submit' }, 'Sign in'));
  onSubmit(node, () => enter({ key: key.value.trim() }));
  return { node, key, enter };
}

export function signInPage(session, why, done) {
  const form = keyForm(why, done, { class: 'card narrow' }, el('h1', {}, 'Synapse'));
  const node = el('main', { class: 'center' }, form.node,
    session?.may_open ? el('div', { class: 'card narrow' },
      el('p', {}, 'There is no API key yet, and this is the host itself: the page opens without one.'),
      button('Open without a key', () => form.enter({}))) : null);
  return { node, focus: () => form.key.focus() };
}

// In front of a view that stays as it is, with what was typed into it: done(session), or leave().
export function signInAgain(done, leave) {
  const over = (act) => { window.removeEventListener('focus', look); dialog.close(); dialog.remove(); act(); };
  const form = keyForm('', (session) => over(() => done(session)), {});
  const dialog = el('dialog', { class: 'wide', 'aria-labelledby': 'again-title' }, el('h2', { id: 'again-title' }, 'You are signed out'),
    el('p', {}, 'The session ended or its key was revoked. What you see stays as it is: sign in again and go on.'), form.node,
    el('div', { class: 'row' }, button('Leave it', () => over(leave), { class: 'quiet' })));
  // somebody may have signed in in another tab
  async function look() {
    const session = await ask('GET', '/api/session').catch(() => null); // it is asked again at the next look
    if (session?.signed_in && dialog.open) over(() => done(session));
  }
  window.addEventListener('focus', look);
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  document.body.append(dialog);
  dialog.showModal();
  form.key.focus();
}
