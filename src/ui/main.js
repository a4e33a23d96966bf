// main.js - the page begins here: who is signed in, the frame, and which view is shown

import { add, button, confirm, el, fill, link } from './dom.js';
import { remember } from './early.js';
import { ask, onConnection, tell } from './net.js';
import { momentText } from './show.js';
import { signInAgain, signInPage } from './sign_in.js';
import { views } from './views.js';

const app = document.getElementById('app');
const offline = el('div', { class: 'banner bad', role: 'status', hidden: true },
  'The server cannot be reached. What you see is what was known last; the page tries again.');
const trouble = el('div', { class: 'banner warn', role: 'status', hidden: true });
const SLOW_MS = 400, RETRY_MS = 2000, RETRY_MAX_MS = 15000;
const narrow = matchMedia('(max-width: 700px)'); // as in page.css
let leave = null; // ends what the view began; its `unsaved` says whether something would be lost
let who = null, asking = false; // the session of the frame; whether it is asked for again
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
  who = null;
  remember(false);
  window.onhashchange = null;
  document.title = 'Sign in · Synapse';
  const page = signInPage(session, why, frame);
  fill(app, offline, page.node);
  page.focus();
}

// The view that somebody looks at waits until they are back: forms may be half filled.
function signedOut() {
  if (!who) { signIn(null, 'You are signed out: the session ended or its key was revoked.'); return; }
  if (asking) return;
  asking = true;
  remember(false);
  const before = who;
  signInAgain((session) => {
    asking = false;
    if (session.key_name !== before.key_name || session.tenant_id !== before.tenant_id) { frame(session); return; }
    remember(true);
    tell({ signedIn: true });
  }, () => { asking = false; signIn(null); });
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
  who = session;
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
    const mine = ++shown, place = el('div', {}), words = el('p', { class: 'said', role: 'status' });
    const slow = setTimeout(() => { if (!place.firstChild) words.textContent = 'Loading…'; }, SLOW_MS);

    leave?.();
    leave = null;
    again = null;
    trouble.hidden = true;
    trouble.textContent = '';
    for (const a of nav.querySelectorAll('a'))
      if (a.getAttribute('href') === `#/${row?.of ?? name}`) {
        a.setAttribute('aria-current', row.of ? 'true' : 'page');
        if (narrow.matches) nav.scrollLeft = a.offsetLeft - nav.offsetLeft - (nav.clientWidth - a.offsetWidth) / 2; // a strip there
      } else a.removeAttribute('aria-current');
    document.title = `${row?.title ?? 'Not found'} · Synapse`;
    main.setAttribute('aria-label', row?.title ?? 'Not found');
    fill(main, words, place);
    if (byHand) { main.focus({ preventScroll: true }); window.scrollTo(0, 0); }
    if (!row) { add(place, el('h1', {}, 'There is no such view'), link('#/now', 'To the beginning')); clearTimeout(slow); return; }
    try {
      const end = (await row.view.open(place, params, query)) ?? null;
      if (mine === shown) leave = end; else end?.(); // somebody went on while it was opening
      tried = 0;
    } catch (error) {
      if (mine !== shown) return;
      if (!place.firstChild) add(place, el('h1', {}, row.title));
      const told = el('div', {}, el('p', { class: 'error', role: 'alert' }, wordsOf(error)));
      place.firstChild.after(told); // in sight, whatever the view has drawn
      if (error.status === 0 || error.status === 401) again = () => show(false);
      else if (error.status >= 500) {
        add(told, el('p', { class: 'note' }, 'The page tries again by itself.'));
        setTimeout(() => { if (mine === shown && who === session) show(false); }, Math.min(RETRY_MS * 2 ** tried++, RETRY_MAX_MS));
      }
    } finally {
      clearTimeout(slow);
      words.textContent = '';
    }
  }
  let tried = 0;
  window.onhashchange = async (event) => {
    if (event?.oldURL && leave?.unsaved?.()) {
      const to = location.hash;
      history.replaceState(null, '', new URL(event.oldURL).hash);
      if (!await confirm('Leave without saving?', 'What you have changed here is not saved.', 'Leave')) return;
      history.replaceState(null, '', to);
    }
    tried = 0;
    show(true);
  };
  show(false);
}

window.onbeforeunload = (event) => { if (leave?.unsaved?.()) event.preventDefault(); };

onConnection((news) => {
  if ('connected' in news) {
    offline.hidden = news.connected;
  }
  if ((news.connected || news.signedIn) && again) { const act = again; again = null; act(); }
  if ('trouble' in news) {
    const node = el('p', {}, news.trouble ? wordsOf(news.trouble) : '', news.trouble && news.good ? ` · What is shown is as of ${momentText(news.good)}.` : '');
    if (node.textContent !== trouble.textContent) fill(trouble, ...node.childNodes);
    trouble.hidden = !news.trouble;
  }
  if (news.signedOut) signedOut();
});

async function begin() {
  try {
    const session = await ask('GET', '/api/session');
    if (session.signed_in) frame(session); else signIn(session);
  } catch (error) {
    if (error.status === 0) { fill(app, offline); again = begin; }
    else if (error.status < 500) signIn(null, error.message);
    else { // who is signed in may be so all the same
      fill(app, offline, el('main', { class: 'center' }, el('div', { class: 'card narrow', role: 'status' }, el('h1', {}, 'Synapse'), el('p', { class: 'error' }, error.message), el('p', { class: 'note' }, 'The page tries again by itself.'))));
      setTimeout(begin, RETRY_MS);
    }
  }
}

views.find((v) => v.path === parse().name)?.view.prepare().catch(() => {}); // who opens it hears of it
begin();
