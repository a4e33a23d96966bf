// net.js - requests to the API that this page came from

import { early } from './early.js';

export class Refused extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

const listeners = new Set();

// Told {connected} when it changes, {signedOut: true}, {signedIn: true} when that is over, and {trouble: error or null} of what is
// asked for again and again. Returns what ends it.
export function onConnection(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function tell(news) {
  for (const listener of [...listeners]) listener(news);
}

// ---- whether the server is there ----

const PROBE_MS = 1000, PROBE_MAX_MS = 10000;
const lost = new Set(); // 'requests', and streams that are cut for longer than a moment
let probing = false;

function mark(what, isLost) {
  const before = lost.size === 0;
  if (isLost) lost.add(what); else lost.delete(what);
  if (before !== (lost.size === 0)) tell({ connected: lost.size === 0 });
}

// Nobody may be asking for anything: the page finds out by itself when the server is back.
async function probe() {
  if (probing) return;
  probing = true;
  for (let wait = PROBE_MS; lost.has('requests'); wait = Math.min(wait * 2, PROBE_MAX_MS)) {
    await new Promise((resolve) => {
      const go = () => { clearTimeout(timer); document.removeEventListener('visibilitychange', go); resolve(); };
      const timer = setTimeout(go, wait);
      document.addEventListener('visibilitychange', go);
    });
    try {
      await fetch('/health', { signal: AbortSignal.timeout(5000), cache: 'no-store' });
      mark('requests', false);
    } catch { /* not yet */ }
  }
  probing = false;
}

function sentence(detail) {
  if (Array.isArray(detail))
    return detail.map((d) => `${d.pointer ?? (d.loc ?? []).join('.')}: ${d.msg}`).join('; ');
  return detail ?? 'no reason was given';
}

const WAIT_MS = 30000;

export async function ask(method, path, body, more = {}) {
  const headers = { 'X-Synapse-Page': '1', ...more };
  let answer;

  if (body !== undefined) headers['Content-Type'] = 'application/json';
  try {
    answer = await ((method === 'GET' && early(path)) || fetch(path, {
      method, headers, credentials: 'same-origin',
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(WAIT_MS),
    }));
  } catch (error) {
    mark('requests', true);
    probe();
    throw new Refused(0, 'unreachable', error.name === 'TimeoutError'
      ? 'the server did not answer in 30 s' : 'the server cannot be reached');
  }
  mark('requests', false);
  const text = await answer.text();
  let json = null;
  try { json = text ? JSON.parse(text) : null; } catch { /* no JSON: the text is shown */ }
  if (!answer.ok) {
    if (answer.status === 401 && path !== '/api/session') tell({ signedOut: true });
    const refused = new Refused(answer.status, json?.code ?? 'error', sentence(json?.detail ?? json?.reason ?? text));
    refused.body = json;
    refused.list = Array.isArray(json?.detail) ? json.detail : null;
    throw refused;
  }
  if (json && typeof json === 'object') Object.defineProperty(json, 'etag', { value: answer.headers.get('ETag') });
  return json;
}

export const get = (path) => ask('GET', path);
export const post = (path, body = {}) => ask('POST', path, body);

// How the host says that it stands: what it says with a refusal is its answer too.
export async function health() {
  try { return await get('/health'); } catch (error) {
    if (!error.body?.status) throw error;
    return error.body;
  }
}

export function query(params) {
  const all = new URLSearchParams();
  for (const [name, value] of Object.entries(params))
    if (value !== '' && value !== null && value !== undefined) all.set(name, value);
  const text = all.toString();
  return text ? `?${text}` : '';
}

const AGAIN_MS = 1000, AGAIN_MAX_MS = 15000, CUT_MS = 3000;

/*
 * Events of a stream as they come, each once; returns a function that ends it. The browser
 * connects again by itself, behind the last event that it has; where it gives up (an answer
 * that is no stream: a proxy's, a server's that starts) we do the same.
 */
export function follow(path, onEvent, onState = () => {}) {
  const me = {};
  let source = null, last = null, wait = AGAIN_MS, timer = null, cut = null, ended = false, refused = false;

  const forget = onConnection((news) => { if (news.signedIn && refused) { refused = false; open(); } });
  const end = () => { ended = true; forget(); source?.close(); clearTimeout(timer); clearTimeout(cut); mark(me, false); };
  const there = () => { clearTimeout(cut); cut = null; wait = AGAIN_MS; mark(me, false); };
  async function again() {
    try {
      const answer = await fetch(path, { method: 'HEAD', credentials: 'same-origin', signal: AbortSignal.timeout(WAIT_MS) });
      if (answer.status === 401) { refused = true; tell({ signedOut: true }); return; } // until somebody signs in again
      if (answer.status >= 400 && answer.status < 500) { end(); onState('closed'); return; }
    } catch { /* it is away: later */ }
    if (ended) return;
    timer = setTimeout(open, wait);
    wait = Math.min(wait * 2, AGAIN_MAX_MS);
  }
  function open() {
    source = new EventSource(last ? `${path}${path.includes('?') ? '&' : '?'}last_event_id=${encodeURIComponent(last)}` : path);
    source.onopen = () => { there(); onState('live'); };
    source.onerror = () => {
      if (ended) return;
      cut ??= setTimeout(() => mark(me, true), CUT_MS);
      onState('reconnecting');
      if (source.readyState === EventSource.CLOSED) again();
    };
    source.onmessage = (message) => {
      let event;
      try { event = JSON.parse(message.data); } catch { return; }
      if (event.type === 'stream_complete') { end(); onState('complete'); return; }
      if (message.lastEventId) last = message.lastEventId;
      onEvent(event, message.lastEventId);
    };
  }
  open();
  return end;
}
