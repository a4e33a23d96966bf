// main.js - the page begins here: who is signed in, the frame, and which view is shown

import { add, button, el, field, fill, link } from './dom.js';
import { ask, onConnection, post } from './net.js';
import { views } from './views.js';

const app = document.getElementById('app');
const offline = el('div', { class: 'banner bad', role: 'status', hidden: true },
  'The server cannot be reached. What you see is what was known last; the page tries again.');
let leave = null;

function notice(text) {
  return el('p', { class: 'banner warn' }, text);
}

// ---- signing in ----

function signIn(session, why) {
  leave?.();
  leave = null;
  const said = el('p', { role: 'alert', class: 'error' }, why ?? '');
  const key = el('input', { type: 'password', name: 'key', autocomplete: 'current-password', required: true, spellcheck: 'false' });
  const enter = async (body) => {
    try {
      said.textContent = '';
      frame(await post('/api/session', body));
    } catch (error) {
      said.textContent = error.message;
    }
  };
  const form = el('form', { class: 'card narrow' },
    el('h1', {}, 'Synapse'), field('API key', key, 'sk-syn-…, as “synapsed key create” shows it once'),
    said, el('button', { type: 'submit' }, 'Sign in'));
  form.addEventListener('submit', (event) => { event.preventDefault(); enter({ key: key.value }); });
  fill(app, el('main', { class: 'center' }, form,
    session?.may_open ? el('div', { class: 'card narrow' },
      el('p', {}, 'There is no API key yet, and this is the host itself: the page opens without one.'),
      button('Open without a key', () => enter({}))) : null));
  key.focus();
}

// ---- the frame ----

function navigation() {
  const groups = Map.groupBy ? Map.groupBy(views, (v) => v.place) : views.reduce((map, v) =>
    map.set(v.place, [...(map.get(v.place) ?? []), v]), new Map());
  const nav = el('nav', { 'aria-label': 'Views' });
  for (const [place, list] of groups) {
    if (!place) continue;
    add(nav, el('h2', {}, place),
      el('ul', {}, list.map((v) => el('li', {}, link(`#/${v.path}`, v.title)))));
  }
  return nav;
}

function parse() {
  const [path, search = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [name, ...params] = path.split('/').map(decodeURIComponent);
  return { name: name || 'now', params, query: new URLSearchParams(search) };
}

function frame(session) {
  const main = el('main', { id: 'main', tabindex: '-1' });
  const nav = navigation();
  const out = button('Sign out', async () => {
    await ask('DELETE', '/api/session');
    signIn(null);
  }, { class: 'quiet' });

  fill(app,
    el('a', { class: 'skip', href: '#main', onclick: (event) => { event.preventDefault(); main.focus(); } }, 'Skip to the content'),
    el('header', {}, link('#/now', 'Synapse'), el('span', { class: 'who' },
      session.key_name ?? 'no key', session.tenant_id ? ` · ${session.tenant_id}` : ''), out),
    offline,
    session.keys ? null : notice('No API key exists: anybody on this host may do anything here. Make one with: synapsed key create --name me'),
    el('div', { class: 'body' }, nav, main));

  async function show() {
    const { name, params, query } = parse();
    const row = views.find((v) => v.path === name);

    leave?.();
    leave = null;
    for (const a of nav.querySelectorAll('a'))
      if (a.getAttribute('href') === `#/${name}`) a.setAttribute('aria-current', 'page');
      else a.removeAttribute('aria-current');
    fill(main);
    if (!row) { add(main, el('h1', {}, 'There is no such view'), link('#/now', 'To the beginning')); return; }
    document.title = `${row.title} · Synapse`;
    try {
      leave = (await row.view.open(main, params, query)) ?? null;
    } catch (error) {
      add(main, el('p', { class: 'error', role: 'alert' }, error.message));
    }
  }
  window.onhashchange = () => { show(); main.focus({ preventScroll: true }); };
  show();
}

onConnection((news) => {
  if ('connected' in news) offline.hidden = news.connected;
  if (news.signedOut) signIn(null, 'You are signed out: the session ended or its key was revoked.');
});

try {
  const session = await ask('GET', '/api/session');
  if (session.signed_in) frame(session); else signIn(session);
} catch (error) {
  signIn(null, error.message);
}
