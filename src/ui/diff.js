// diff.js - what differs between two texts, line by line

import { el } from './dom.js';

const CELLS_MAX = 4e6; // of the table of common lines; beyond it all of the middle differs
const AROUND = 3; // lines shown beside what differs

// [sign, line]...: the longest common sequence of lines is kept
function compare(a, b) {
  let head = 0, tail = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const x = a.slice(head, a.length - tail), y = b.slice(head, b.length - tail), middle = [];
  let i = 0, j = 0;

  if (x.length * y.length <= CELLS_MAX) {
    const width = y.length + 1, length = new Uint32Array((x.length + 1) * width);
    for (let r = x.length - 1; r >= 0; r--)
      for (let c = y.length - 1; c >= 0; c--)
        length[r * width + c] = x[r] === y[c] ? length[(r + 1) * width + c + 1] + 1
          : Math.max(length[(r + 1) * width + c], length[r * width + c + 1]);
    while (i < x.length && j < y.length) {
      if (x[i] === y[j]) { middle.push([' ', x[i]]); i++; j++; }
      else if (length[(i + 1) * width + j] >= length[i * width + j + 1]) middle.push(['-', x[i++]]);
      else middle.push(['+', y[j++]]);
    }
  }
  for (; i < x.length; i++) middle.push(['-', x[i]]);
  for (; j < y.length; j++) middle.push(['+', y[j]]);
  return [...a.slice(0, head).map((t) => [' ', t]), ...middle, ...a.slice(a.length - tail).map((t) => [' ', t])];
}

// The lines that differ with some around them, as elements of a <pre>; [] if none does.
export function diff(before, after) {
  const lines = compare(before.split('\n'), after.split('\n')), out = [];
  let last = -1;

  lines.forEach(([sign, text], at) => {
    let near = false;
    for (let k = Math.max(0, at - AROUND); k <= at + AROUND && k < lines.length && !near; k++) near = lines[k][0] !== ' ';
    if (!near) return;
    if (at > last + 1 && last >= 0) out.push(el('span', { class: 'note' }, '…\n'));
    last = at;
    out.push(el('span', { class: sign === '-' ? 'gone' : sign === '+' ? 'come' : '' }, `${sign} ${text}\n`));
  });
  return out;
}
