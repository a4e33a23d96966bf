// log.js - the events of a run as a list: many a second cost little, and what is shown is bounded

import { el } from './dom.js';

const SHOWN_MAX = 500; // older ones leave the list, not the run
const FRAME_MS = 8, TEXT_MAX = 2000, LINE_MAX = 240, TOKENS_MAX = 64 * 1024;
const SKIP = new Set(['type', 'seq', 'sub', 'epoch', 'ts', 'orch_step_id', 'step_name', 'run_id']);

export function eventText(e) {
  return Object.entries(e).filter(([k, v]) => !SKIP.has(k) && v !== null).map(([k, v]) => `${k}: ${typeof v === 'string' ? v : JSON.stringify(v)}`).join('  ').slice(0, TEXT_MAX);
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

// What an event tells: a line; of more than that the beginning, and the whole when it is opened.
function rest(e) {
  const text = eventText(e);
  if (text.length <= LINE_MAX) return el('span', { class: 'rest' }, text);
  const whole = el('pre', { tabindex: '0' });
  const node = el('details', { class: 'rest' }, el('summary', {}, `${text.slice(0, LINE_MAX)}…`), whole);
  node.addEventListener('toggle', () => { whole.textContent = node.open ? JSON.stringify(e, null, 2) : ''; });
  return node;
}

function line(e) {
  return el('li', {}, e.ts ? el('time', { class: 'at', datetime: new Date(e.ts).toISOString() }, clock.format(new Date(e.ts))) : null, el('b', {}, e.type),
    e.orch_step_id ? el('span', { class: 'of' }, e.orch_step_id) : null, rest(e));
}

// push(event), clear(); onDropped(count) when older ones left the list.
export function eventLog(onDropped) {
  const node = el('ol', { class: 'events', tabindex: '0', 'aria-label': 'Events' });
  let queue = [], frame = 0, dropped = 0;

  function cut(count) {
    if (count <= 0) return;
    dropped += count;
    onDropped(dropped);
  }
  function draw() {
    const end = performance.now() + FRAME_MS;
    const low = node.scrollHeight - node.scrollTop - node.clientHeight < 40; // who reads further up stays there
    const fresh = document.createDocumentFragment();
    let n = 0;
    frame = 0;
    cut(queue.length - SHOWN_MAX);
    queue = queue.slice(-SHOWN_MAX);
    while (n < queue.length && performance.now() < end) fresh.append(line(queue[n++]));
    queue.splice(0, n);
    node.append(fresh);
    const over = node.children.length - SHOWN_MAX;
    for (let i = 0; i < over; i++) node.firstChild.remove();
    cut(over);
    if (low) node.scrollTop = node.scrollHeight;
    if (queue.length) frame = requestAnimationFrame(draw);
  }
  return {
    node,
    push(event) {
      queue.push(event);
      // no frames come while the page is hidden: what would leave the list anyway is not kept
      if (queue.length > 2 * SHOWN_MAX) { cut(queue.length - SHOWN_MAX); queue = queue.slice(-SHOWN_MAX); }
      frame ||= requestAnimationFrame(draw);
    },
    clear() { queue = []; dropped = 0; node.replaceChildren(); onDropped(0); },
  };
}

// What a model says while it says it: the end of it, drawn once a frame.
export function tokenBox() {
  const node = el('pre', { class: 'tokens', tabindex: '0', 'aria-live': 'off', hidden: true });
  let text = '', frame = 0;

  function draw() {
    frame = 0;
    node.hidden = !text;
    node.textContent = text;
  }
  const later = () => { frame ||= requestAnimationFrame(draw); };
  return {
    node,
    push(piece) { text = (text + piece).slice(-TOKENS_MAX); later(); },
    clear() { text = ''; later(); },
  };
}
