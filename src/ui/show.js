// show.js - how values are written: moments, spans, money, JSON

const clock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

function date(text) {
  if (!text) return null;
  const at = new Date(typeof text === 'number' ? text : String(text).replace(' ', 'T'));
  return Number.isNaN(at.getTime()) ? null : at;
}

export function moment(text) {
  const at = date(text);
  const node = document.createElement('time');
  node.textContent = at ? clock.format(at) : '—';
  if (at) { node.dateTime = at.toISOString(); node.title = at.toISOString(); }
  return node;
}

const count = new Intl.NumberFormat();

// How many there are of what people count.
export function number(n) {
  return typeof n === 'number' ? count.format(n) : '—';
}

// A moment that is still to come, and how far away it is.
export function ahead(text) {
  const at = date(text), node = moment(text);
  return at && at > Date.now() ? [node, ` (in ${span((at.getTime() - Date.now()) / 1000)})`] : [node];
}

export function age(text) {
  const at = date(text);
  return at ? span((Date.now() - at.getTime()) / 1000) : '—';
}

export function span(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return '—';
  const s = Math.max(0, seconds);
  if (s < 10) return `${s.toFixed(1)}s`;
  if (s < 60) return `${Math.round(s)}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m ${Math.round(s % 60)}s`;
  if (s < 86400) return `${Math.floor(s / 3600)}h ${Math.floor((s % 3600) / 60)}m`;
  return `${Math.floor(s / 86400)}d ${Math.floor((s % 86400) / 3600)}h`;
}

export function between(from, to) {
  const a = date(from), b = date(to);
  return a ? span(((b ?? new Date()) - a) / 1000) : '—';
}

export function money(usd) {
  if (usd === null || usd === undefined) return '—';
  if (usd === 0) return '$0';
  return usd < 0.0001 ? '<$0.0001' : `$${usd.toFixed(4)}`;
}

export function json(value) {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
