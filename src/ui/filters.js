// filters.js - filters of runs under a name
//
// They are this person's, in this browser: a filter holds nothing that others need, and
// kept on the server it would want an owner, rights and an end of its own.

import { add, button, el, fill } from './dom.js';

const PLACE = 'synapse.filters', MANY = 50;

function read() {
  try {
    const all = JSON.parse(localStorage.getItem(PLACE) ?? '[]');
    return Array.isArray(all) ? all.filter((f) => typeof f?.name === 'string' && typeof f.query === 'string') : [];
  } catch { return []; } // nothing is kept, or not by us
}

function write(all, said) {
  try { localStorage.setItem(PLACE, JSON.stringify(all)); return true; }
  catch (error) { said.say(`This browser keeps nothing: ${error.message}`, true); return false; }
}

// now: the query of the filter in use ("" for none); go(query)
export function savedFilters(now, go, said) {
  const node = el('div', { class: 'row', role: 'group', 'aria-label': 'Saved filters' });

  function draw() {
    const all = read(), mine = all.find((f) => f.query === now);
    const pick = el('select', { 'aria-label': 'Saved filters' }, el('option', { value: '' }, 'a saved filter…'),
      all.map((f) => el('option', { value: f.query, selected: f === mine }, f.name)));
    const name = el('input', { 'aria-label': 'Name of this filter', placeholder: 'name of this filter', maxLength: 80 });
    pick.addEventListener('change', () => { if (pick.value) go(pick.value); });
    fill(node, all.length ? pick : null);
    if (mine) add(node, button(`Forget “${mine.name}”`, () => { if (write(all.filter((f) => f !== mine), said)) { said.say('Forgotten.'); draw(); } }, { class: 'quiet' }));
    else if (now) add(node, name, button('Save this filter', () => {
      if (!name.value.trim()) { said.say('A name is needed.', true); name.focus(); return; }
      const others = all.filter((f) => f.name !== name.value.trim());
      if (others.length >= MANY) { said.say(`There are ${MANY} already: forget one first.`, true); return; }
      if (write([...others, { name: name.value.trim(), query: now }], said)) { said.say('Saved in this browser.'); draw(); }
    }, { class: 'quiet' }));
  }
  draw();
  return node;
}

const NARROW = '(max-width: 700px)'; // as in page.css

// A form of filters, folded away where the window is narrow: {node, end}. active: the words of those that are set.
export function folded(form, active) {
  const narrow = matchMedia(NARROW);
  const node = el('details', { class: 'fold', open: !narrow.matches }, el('summary', {}, active.length ? `Filters (${active.length}): ${active.join(', ')}` : 'Filters'), form);
  const fold = () => { node.open = !narrow.matches; };

  narrow.addEventListener('change', fold);
  return { node, end: () => narrow.removeEventListener('change', fold) };
}
