// table.js - a list with pages: rows by a cursor, one request a page

import { add, button, el, fill } from './dom.js';

// columns: [[heading, row -> child]...]; load(after) -> {rows, next}; onpick(row) for a click.
// reload() asks for the first page again and keeps what is selected.
export function table({ caption, columns, load, empty, select, key = (r) => r.run_id }) {
  const body = el('tbody');
  const note = el('p', { class: 'note', role: 'status' });
  const more = el('div', { class: 'row' });
  const chosen = new Map();
  let generation = 0;

  function line(row) {
    const cells = columns.map(([heading, show]) => el('td', { 'data-label': heading }, el('div', {}, show(row))));
    if (select) {
      const box = el('input', { type: 'checkbox', 'aria-label': `Select ${key(row)}`, checked: chosen.has(key(row)) });
      box.addEventListener('change', () => {
        if (box.checked) chosen.set(key(row), row); else chosen.delete(key(row));
        select([...chosen.values()]);
      });
      cells.unshift(el('td', { class: 'pick' }, box));
    }
    return el('tr', {}, cells);
  }

  async function page(after, mine) {
    const { rows, next } = await load(after);
    if (mine !== generation) return;
    const lines = rows.map(line);
    // who stands on a button of a row stands on it afterwards
    const stood = !after && body.contains(document.activeElement) ? document.activeElement.getAttribute('aria-label') : null;
    if (after) body.append(...lines); else fill(body, lines);
    if (stood) [...body.querySelectorAll('[aria-label]')].find((e) => e.getAttribute('aria-label') === stood)?.focus({ preventScroll: true });
    note.textContent = body.children.length ? '' : empty;
    fill(more);
    if (next) add(more, button('Show more', () => page(next, mine), { class: 'quiet' }));
  }

  const head = columns.map(([heading]) => el('th', { scope: 'col' }, heading));
  if (select) head.unshift(el('th', { scope: 'col' }, el('span', { class: 'hidden' }, 'Select')));
  return {
    node: el('div', { class: 'list' },
      el('table', {}, el('caption', { class: 'hidden' }, caption), el('thead', {}, el('tr', {}, head)), body),
      note, more),
    reload: () => page(null, ++generation),
    chosen: () => [...chosen.values()],
    forget: () => { chosen.clear(); },
  };
}
