// code.js - a text of code that is edited: numbers beside its lines, and what is wrong said there
//
// What is typed in is a textarea, as the browser has it, with its undo and its selection. The same
// lines stand behind it unseen, so that a line that wraps is as high there as here: they carry
// the numbers and the marks. The textarea is as high as its text, so nothing has to scroll along;
// both scroll in one frame. Who does not see hears the textarea alone, and what is said below it.

import { el } from './dom.js';

const FREE_PX = 220; // what a message needs behind the text of its line; else it stands below it
const UNDO_MAX = 200000; // a longer text is put there at once, and cannot be taken back
const ABOVE_LINES = 3; // shown above a line that is gone to

// props: of the textarea. {node, text, set(value), mark(problems), goTo(line), clear()}; a problem
// is {line, msg}, whose line is marked, and told beside the line by goTo(). onTyped() when the
// text was changed, by whomever.
export function codeBox({ rows = 12, onTyped = () => {}, ...props }) {
  const text = el('textarea', { class: 'code', spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off', rows: '1', ...props });
  const behind = el('div', { class: 'behind', 'aria-hidden': 'true' });
  const said = el('div', { class: 'said-there', 'aria-hidden': 'true', hidden: true }); // it is told below as well
  const node = el('div', { class: 'codebox' }, behind, text, said);
  let lines = [], wrong = new Map(), at = 0;

  node.style.setProperty('--rows', rows);

  // Lines that are the same at both ends stay: one that is typed in costs one.
  function draw() {
    const now = text.value.split('\n');
    let head = 0, tail = 0;
    while (head < now.length && head < lines.length && now[head] === lines[head]) head++;
    while (tail < now.length - head && tail < lines.length - head && now[now.length - 1 - tail] === lines[lines.length - 1 - tail]) tail++;
    for (let i = lines.length - tail - head; i > 0; i--) behind.children[head].remove();
    const fresh = document.createDocumentFragment();
    for (const line of now.slice(head, now.length - tail)) fresh.append(el('div', {}, line || '\u200b'));
    behind.insertBefore(fresh, behind.children[head] ?? null);
    lines = now;
    node.style.setProperty('--digits', String(lines.length).length);
  }

  function clear() {
    for (const line of wrong.keys()) behind.children[line - 1]?.classList.remove('wrong');
    wrong = new Map();
    at = 0;
    said.hidden = true;
    text.removeAttribute('aria-invalid');
  }

  // The message of the line that was gone to: behind its text, or below it where that is too long.
  function place() {
    const line = behind.children[at - 1], words = wrong.get(at);
    said.hidden = !line || !words;
    if (said.hidden) return;
    said.textContent = words;
    const range = document.createRange();
    range.selectNodeContents(line);
    const last = [...range.getClientRects()].at(-1), frame = node.getBoundingClientRect();
    const free = frame.left + node.clientWidth - last.right;
    said.classList.toggle('below', free < FREE_PX);
    const top = line.offsetTop + line.offsetHeight - (free < FREE_PX ? 0 : heightOf(line));
    said.style.top = `${top}px`;
    said.style.left = free < FREE_PX ? '' : `${last.right - frame.left + node.scrollLeft + 16}px`;
  }

  const heightOf = (row) => parseFloat(getComputedStyle(row).lineHeight);

  function goTo(line) {
    at = Math.min(Math.max(line, 1), lines.length);
    const from = lines.slice(0, at - 1).reduce((n, l) => n + l.length + 1, 0), row = behind.children[at - 1];
    text.focus({ preventScroll: true });
    text.setSelectionRange(from, from + lines[at - 1].length);
    place();
    node.scrollTop = row.offsetTop - ABOVE_LINES * heightOf(row);
    node.scrollIntoView({ block: 'nearest' });
  }

  function mark(problems) {
    clear();
    for (const { line, msg } of problems) {
      const row = behind.children[line - 1];
      if (!row) continue;
      row.classList.add('wrong');
      wrong.set(line, wrong.has(line) ? `${wrong.get(line)}; ${msg}` : msg);
    }
    if (wrong.size) text.setAttribute('aria-invalid', 'true');
  }

  // as if it were typed, so that it can be undone; where a browser cannot, it is put there
  function set(value) {
    const had = document.activeElement;
    text.focus({ preventScroll: true });
    text.select();
    if (value.length > UNDO_MAX || !document.execCommand('insertText', false, value) || text.value !== value) text.value = value;
    text.setSelectionRange(0, 0);
    if (had !== text) had?.focus?.({ preventScroll: true });
    typed();
  }
  function typed() {
    clear();
    draw();
    onTyped();
  }
  text.addEventListener('input', typed);
  new ResizeObserver(place).observe(node);
  return { node, text, mark, goTo, clear, set, begin(value) { text.value = value; draw(); node.scrollTop = 0; } };
}
