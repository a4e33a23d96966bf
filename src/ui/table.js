// table.js - a list with pages: rows by a cursor, one request a page
//
// Rows are drawn in pieces of fifty, those alone that are near the window: ten thousand cost
// what a screenful does. A piece that is not drawn keeps its place by its height. What is asked
// for again changes the cells that differ and leaves the rest alone, focus and selection too.

import { add, button, el, fill, focusAgain, focusPlace } from './dom.js';

const PIECE = 50, NEAR = '800px 0px', ROW_PX = 36, SLOW_MS = 400;

// columns: [[heading, row -> child]...]; load(after) -> {rows, next}; select(rows) when what is
// chosen changes; onPage() when a page has come; empty: what is said, or shown, of no rows. reload() asks for the first page again and keeps what is selected.
export function table({ caption, columns, load, empty, select, class: looks = null, onPage = () => {}, key = (r) => r.run_id }) {
  const grid = el('table', { 'aria-rowcount': '1', tabindex: '-1', class: looks });
  const note = el('p', { class: 'note', role: 'status' });
  const more = el('div', { class: 'row' });
  const chosen = new Map();
  let pieces = [], pages = 0, generation = 0;

  function cells(row) {
    return columns.map(([heading, show]) => el('td', { 'data-label': heading }, el('div', {}, show(row))));
  }

  function line(row) {
    const tr = el('tr', {}, cells(row));
    if (select) {
      const box = el('input', { type: 'checkbox', 'aria-label': `Select ${key(row)}`, checked: chosen.has(key(row)) });
      box.addEventListener('change', () => {
        if (box.checked) chosen.set(key(row), row); else chosen.delete(key(row));
        select([...chosen.values()]);
      });
      tr.prepend(el('td', { class: 'pick' }, box));
    }
    return tr;
  }

  // A row that is there has its cells changed; what its acts know of it changes with them.
  function renew(entry, row) {
    for (const name of Object.keys(entry.row)) delete entry.row[name];
    Object.assign(entry.row, row);
    cells(entry.row).forEach((cell, i) => {
      const old = entry.tr.children[i + (select ? 1 : 0)];
      if (old.isEqualNode(cell)) return;
      const place = focusPlace(old);
      old.replaceWith(cell);
      focusAgain(cell, place);
    });
  }

  // ---- pieces ----

  const waiting = new Set();
  let frame = 0;
  const watch = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      const piece = pieces.find((p) => p.body === target);
      if (piece && isIntersecting) waiting.add(piece);
      else if (piece) { waiting.delete(piece); undraw(piece); }
    }
    if (waiting.size) frame ||= requestAnimationFrame(drawNext);
  }, { rootMargin: NEAR });

  // One a frame, however fast somebody scrolls.
  function drawNext() {
    const [piece] = waiting;
    frame = 0;
    waiting.delete(piece);
    if (piece && pieces.includes(piece)) draw(piece);
    if (waiting.size) frame = requestAnimationFrame(drawNext);
  }

  function draw(piece) {
    if (piece.drawn) return;
    piece.drawn = true;
    fill(piece.body, piece.entries.map((e) => (e.tr = line(e.row))));
    number(piece);
  }

  function undraw(piece) {
    if (!piece.drawn || piece === pieces[0] || piece.body.contains(document.activeElement)) return;
    gap(piece, piece.body.offsetHeight);
  }

  function gap(piece, height) {
    const cell = el('td', { colspan: String(columns.length + 1) });
    piece.drawn = false;
    cell.style.height = `${height}px`;
    for (const e of piece.entries) e.tr = null;
    fill(piece.body, el('tr', { class: 'gap', 'aria-hidden': 'true' }, cell));
  }

  function number(piece) {
    piece.entries.forEach((e, i) => e.tr?.setAttribute('aria-rowindex', String(piece.from + i + 2)));
  }

  function addPiece(rows) {
    const last = pieces.at(-1);
    const piece = { body: el('tbody'), entries: rows.map((row) => ({ row, tr: null })), from: last ? last.from + last.entries.length : 0, drawn: false };
    if (pieces.length === 1 && grid.offsetWidth) hold();
    pieces.push(piece);
    if (pieces.length === 1) draw(piece); else gap(piece, rows.length * (pieces[0].body.offsetHeight / pieces[0].entries.length || ROW_PX));
    grid.append(piece.body);
    watch.observe(piece.body);
  }

  // Columns stay as wide as they are while pieces come and go.
  function hold() {
    const wide = grid.offsetWidth;
    const heads = [...grid.tHead.rows[0].cells];
    heads.map((th) => th.offsetWidth).forEach((w, i) => { heads[i].style.width = `${(100 * w) / wide}%`; });
    grid.classList.add('held');
  }

  function cutTo(count) {
    for (const piece of pieces.splice(count)) { watch.unobserve(piece.body); piece.body.remove(); }
    if (pieces.length < 2) grid.classList.remove('held');
  }

  // A piece as the server has it now: who stays is not moved, so the focus is not either.
  function renewPiece(piece, rows) {
    if (!piece.drawn) {
      piece.entries = rows.map((row) => ({ row, tr: null }));
      return;
    }
    const known = new Map(piece.entries.map((e) => [key(e.row), e]));
    const fresh = new Set(rows.map(key));
    const held = [...piece.body.rows].findIndex((tr) => tr.contains(document.activeElement));
    const place = held >= 0 ? focusPlace(piece.body.rows[held]) : null;
    for (const e of piece.entries) if (!fresh.has(key(e.row))) e.tr.remove();
    piece.entries = rows.map((row, i) => {
      const e = known.get(key(row)) ?? { row, tr: line(row) };
      if (e.row !== row) renew(e, row);
      if (piece.body.rows[i] !== e.tr) piece.body.insertBefore(e.tr, piece.body.rows[i] ?? null);
      return e;
    });
    number(piece);
    if (held >= 0 && !grid.contains(document.activeElement)) {
      const tr = piece.body.rows[Math.min(held, piece.body.rows.length - 1)];
      if (tr) focusAgain(tr, place); else grid.focus({ preventScroll: true });
    }
  }

  // ---- pages ----

  async function page(after, mine) {
    const slow = pages ? null : setTimeout(() => { if (!pages && !note.firstChild) { note.textContent = 'Loading…'; note.dataset.of = 'slow'; } }, SLOW_MS);
    let rows, next;
    try { ({ rows, next } = await load(after)); } finally {
      clearTimeout(slow);
      if (note.dataset.of === 'slow') { note.textContent = ''; note.dataset.of = ''; }
    }
    if (mine !== generation) return;
    if (!after) {
      pages = 0;
      cutTo(Math.max(1, Math.ceil(rows.length / PIECE)));
      for (const piece of pieces) renewPiece(piece, rows.splice(0, PIECE));
      if (!pieces.length) addPiece(rows.splice(0, PIECE));
    }
    while (rows.length) addPiece(rows.splice(0, PIECE));
    pages++;
    const count = pieces.reduce((n, p) => n + p.entries.length, 0);
    grid.setAttribute('aria-rowcount', String(next ? -1 : count + 1));
    grid.tHead.hidden = count === 0;
    if (count) note.textContent = pages > 1 ? `${count} rows` : '';
    else if (!note.firstChild || note.dataset.of !== 'empty') fill(note, empty);
    note.dataset.of = count ? 'rows' : 'empty';
    const held = more.contains(document.activeElement);
    fill(more, next ? button('Show more', () => page(next, mine), { class: 'quiet' }) : null);
    if (held) (more.firstChild ?? grid).focus({ preventScroll: true });
    onPage();
  }

  const head = columns.map(([heading]) => el('th', { scope: 'col' }, heading));
  if (select) head.unshift(el('th', { scope: 'col', class: 'pick' }, el('span', { class: 'hidden' }, 'Select')));
  add(grid, el('caption', { class: 'hidden' }, caption), el('thead', {}, el('tr', { 'aria-rowindex': '1' }, head)));
  return {
    node: el('div', { class: 'list' }, grid, note, more),
    reload: () => page(null, ++generation),
    pages: () => pages,
    chosen: () => [...chosen.values()],
    // all rows that are here
    choose: () => {
      for (const e of pieces.flatMap((p) => p.entries)) chosen.set(key(e.row), e.row);
      for (const box of grid.querySelectorAll('td.pick input')) box.checked = true;
      select([...chosen.values()]);
    },
    forget: () => {
      chosen.clear();
      for (const box of grid.querySelectorAll('td.pick input')) box.checked = false;
    },
  };
}
