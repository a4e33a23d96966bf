// main.js - the page begins here: who is signed in, the frame, and which view is shown

import { add, button, el, field, fill, link } from './dom.js';
import { remember } from './early.js';
import { faults } from './form.js';
import { ask, onConnection, post } from './net.js';
import { views } from './views.js';

const app = document.getElementById('app');
const offline = el('div', { class: 'banner bad', role: 'status', hidden: true },
  'The server cannot be reached. What you see is what was known last; the page tries again.');
const trouble = el('div', { class: 'banner warn', role: 'status', hidden: true });
const narrow = matchMedia('(max-width: 700px)'); // as in page.css
let leave = null;
let again = null; // what to do when the connection is back

function notice(text) {
  return el('p', { class: 'banner warn' }, text);
}

function wordsOf(error) {
  return error.code === 'scale_only' ? ['Only scale mode has this: ', link('#/scale', 'connect Redis and Postgres'), '.'] : [error.message];
}

// ---- signing in ----

function signIn(session, why) {
  leave?.();
  leave = null;
  remember(false);
  window.onhashchange = null;
  document.title = 'Sign in · Synapse';
  const said = el('p', { role: 'alert', class: 'error' }, why ?? '');
  const key = el('input', { type: 'password', name: 'key', autocomplete: 'current-password', required: true, spellcheck: 'false' });
  const enter = async (body) => {
    try {
      said.textContent = '';
      wrong.clear();
      frame(await post('/api/session', body));
    } catch (error) {
      if (!wrong.show(error)) said.textContent = error.message;
      key.focus();
    }
  };
  const form = el('form', { class: 'card narrow' },
    el('h1', {}, 'Synapse'), field('API key', key, 'sk-syn-…, as “synapsed key create” shows it once; the first one of a new host is in the file api-key of its data folder'),
    said, el('button', { type: 'submit' }, 'Sign in'));
  const wrong = faults({ key });
  form.addEventListener('submit', (event) => { event.preventDefault(); enter({ key: key.value.trim() }); });
  fill(app, offline, el('main', { class: 'center' }, form,
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

// A part of the address as it was meant; what is not encoded rightly is taken as it is.
function plain(part) {
  try { return decodeURIComponent(part); } catch { return part; }
}

function parse() {
  const [path, search = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [name, ...params] = path.split('/').map(plain);
  return { name: name || 'now', params, query: new URLSearchParams(search) };
}

function frame(session) {
  remember(true);
  const main = el('main', { id: 'main', tabindex: '-1' });
  const nav = navigation();
  const out = button('Sign out', async () => {
    await ask('DELETE', '/api/session');
    signIn(null);
  }, { class: 'quiet' });

  fill(app,
    el('a', { class: 'skip', href: '#main', onclick: (event) => { event.preventDefault(); main.focus(); } }, 'Skip to the content'),
    el('header', {}, link('#/now', 'Synapse'), el('span', { class: 'who' },
      session.key_name ? [el('span', { class: 'hidden' }, 'Signed in with the key '), session.key_name] : 'no key', session.tenant_id ? ` · ${session.tenant_id}` : ''), out),
    offline, trouble,
    session.keys ? null : notice('No API key exists: anybody on this host may do anything here. Make one with: synapsed key create --name me'),
    el('div', { class: 'body' }, nav, main));

  let shown = 0;
  async function show(byHand) {
    const { name, params, query } = parse();
    const row = views.find((v) => v.path === name);
    const mine = ++shown, place = el('div', {});

    leave?.();
    leave = null;
    again = null;
    trouble.hidden = true;
    trouble.textContent = '';
    for (const a of nav.querySelectorAll('a'))
      if (a.getAttribute('href') === `#/${name}`) {
        a.setAttribute('aria-current', 'page');
        if (narrow.matches) nav.scrollLeft = a.offsetLeft - nav.offsetLeft - (nav.clientWidth - a.offsetWidth) / 2; // a strip there
      } else a.removeAttribute('aria-current');
    document.title = `${row?.title ?? 'Not found'} · Synapse`;
    main.setAttribute('aria-label', row?.title ?? 'Not found');
    fill(main, place);
    if (byHand) { main.focus({ preventScroll: true }); window.scrollTo(0, 0); }
    if (!row) { add(place, el('h1', {}, 'There is no such view'), link('#/now', 'To the beginning')); return; }
    try {
      const end = (await row.view.open(place, params, query)) ?? null;
      if (mine === shown) leave = end; else end?.(); // somebody went on while it was opening
    } catch (error) {
      if (mine !== shown) return;
      if (!place.firstChild) add(place, el('h1', {}, row.title));
      add(place, el('p', { class: 'error', role: 'alert' }, wordsOf(error)));
      if (error.status === 0) again = () => show(false);
    }
  }
  window.onhashchange = () => show(true);
  show(false);
}

onConnection((news) => {
  if ('connected' in news) {
    offline.hidden = news.connected;
    if (news.connected && again) { const act = again; again = null; act(); }
  }
  if ('trouble' in news) {
    const node = el('p', {}, news.trouble ? wordsOf(news.trouble) : '');
    if (node.textContent !== trouble.textContent) fill(trouble, ...node.childNodes);
    trouble.hidden = !news.trouble;
  }
  if (news.signedOut) signIn(null, 'You are signed out: the session ended or its key was revoked.');
});

async function begin() {
  try {
    const session = await ask('GET', '/api/session');
    if (session.signed_in) frame(session); else signIn(session);
  } catch (error) {
    if (error.status === 0) { fill(app, offline); again = begin; } else signIn(null, error.message);
  }
}

views.find((v) => v.path === parse().name)?.view.prepare().catch(() => {}); // who opens it hears of it
begin();
