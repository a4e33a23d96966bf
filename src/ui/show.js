// show.js - how values are written: moments, spans, money, JSON

const clock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const nearClock = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit', second: '2-digit' });

function date(text) {
  if (!text) return null;
  const at = new Date(typeof text === 'number' ? text : String(text).replace(' ', 'T'));
  return Number.isNaN(at.getTime()) ? null : at;
}

// Seconds since 1970, NaN of what is no moment.
export function seconds(text) {
  return (date(text)?.getTime() ?? NaN) / 1000;
}

// A moment as text, by the reader's clock; the year where it is another than this one.
export function momentText(text) {
  const at = date(text);
  if (!at) return '—';
  return (at.getFullYear() === new Date().getFullYear() ? nearClock : clock).format(at);
}

export function moment(text) {
  const at = date(text);
  const node = document.createElement('time');
  node.textContent = momentText(text);
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
  if (seconds < 0.9995) return `${Math.max(0, Math.round(seconds * 1000))}ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m ${s % 60}s`;
  if (s < 86400) return `${Math.floor(s / 3600)}h ${Math.floor((s % 3600) / 60)}m`;
  return `${Math.floor(s / 86400)}d ${Math.floor((s % 86400) / 3600)}h`;
}

export function between(from, to) {
  const a = date(from), b = date(to);
  return a ? span(((b ?? new Date()) - a) / 1000) : '—';
}

const cents = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

export function money(usd) {
  if (usd === null || usd === undefined) return '—';
  if (usd === 0) return '$0';
  if (usd < 0.0001) return '<$0.0001';
  return usd < 1 ? `$${usd.toFixed(4)}` : `$${cents.format(usd)}`;
}

export function json(value) {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

// What an error says in a line: of the trace of a program it is the last one.
export function gist(text) {
  const lines = String(text ?? '').trim().split('\n');
  return /^Traceback \(/.test(lines[0]) ? lines.at(-1) : lines.length > 1 ? `${lines[0]}…` : lines[0];
}
