// net.js - requests to the API that this page came from

export class Refused extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

const listeners = new Set();

// Told {connected} when it changes, and {signedOut: true}.
export function onConnection(listener) {
  listeners.add(listener);
}

let connected = true;

function tell(news) {
  if ('connected' in news) {
    if (news.connected === connected) return;
    connected = news.connected;
  }
  for (const listener of listeners) listener(news);
}

function sentence(detail) {
  if (Array.isArray(detail))
    return detail.map((d) => `${d.pointer ?? (d.loc ?? []).join('.')}: ${d.msg}`).join('; ');
  return detail ?? 'no reason was given';
}

const WAIT_MS = 30000;

export async function ask(method, path, body) {
  const headers = { 'X-Synapse-Page': '1' };
  let answer;

  if (body !== undefined) headers['Content-Type'] = 'application/json';
  try {
    answer = await fetch(path, {
      method, headers, credentials: 'same-origin',
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(WAIT_MS),
    });
  } catch (error) {
    tell({ connected: false });
    throw new Refused(0, 'unreachable', error.name === 'TimeoutError'
      ? 'the server did not answer in 30 s' : 'the server cannot be reached');
  }
  tell({ connected: true });
  const text = await answer.text();
  let json = null;
  try { json = text ? JSON.parse(text) : null; } catch { /* no JSON: the text is shown */ }
  if (!answer.ok) {
    if (answer.status === 401 && path !== '/api/session') tell({ signedOut: true });
    const refused = new Refused(answer.status, json?.code ?? 'error', sentence(json?.detail ?? text));
    refused.list = Array.isArray(json?.detail) ? json.detail : null;
    throw refused;
  }
  if (json && typeof json === 'object') Object.defineProperty(json, 'etag', { value: answer.headers.get('ETag') });
  return json;
}

export const get = (path) => ask('GET', path);
export const post = (path, body = {}) => ask('POST', path, body);

export function query(params) {
  const all = new URLSearchParams();
  for (const [name, value] of Object.entries(params))
    if (value !== '' && value !== null && value !== undefined) all.set(name, value);
  const text = all.toString();
  return text ? `?${text}` : '';
}

// Events of a stream as they come; returns a function that ends it. The browser connects
// again by itself, behind the last event that it has.
export function follow(path, onEvent, onState = () => {}) {
  const source = new EventSource(path);
  source.onopen = () => onState('live');
  source.onerror = () => onState(source.readyState === EventSource.CLOSED ? 'closed' : 'reconnecting');
  source.onmessage = (message) => {
    let event;
    try { event = JSON.parse(message.data); } catch { return; }
    if (event.type === 'stream_complete') { source.close(); onState('complete'); return; }
    onEvent(event, message.lastEventId);
  };
  return () => source.close();
}
