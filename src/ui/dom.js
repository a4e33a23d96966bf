// dom.js - elements from values; whatever comes from outside becomes text, never markup

// el('button', {class: 'quiet', onclick: act}, 'Cancel'); a property that is null is left out
export function el(tag, props = {}, ...children) {
  const svg = ['svg', 'g', 'rect', 'path', 'text', 'line', 'title', 'circle', 'polyline'].includes(tag);
  const node = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name in node && !svg && typeof value !== 'string') node[name] = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  add(node, ...children);
  return node;
}

export function add(node, ...children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

export function fill(node, ...children) {
  node.replaceChildren();
  return add(node, ...children);
}

export function link(href, ...children) {
  return el('a', { href }, ...children);
}

export function badge(word) {
  return el('span', { class: `badge ${/^[a-z_]+$/.test(word ?? '') ? word : ''}` }, word ?? 'unknown');
}

export function field(label, input, hint) {
  const id = `f${Math.random().toString(36).slice(2)}`;
  input.id = id;
  return el('div', { class: 'field' }, el('label', { for: id }, label), input,
    hint ? el('small', { id: `${id}h` }, hint) : null);
}

export function button(text, act, props = {}) {
  const node = el('button', { type: 'button', ...props }, text);
  node.addEventListener('click', async () => {
    node.disabled = true;
    try { await act(); } finally { node.disabled = false; }
  });
  return node;
}

// A question before what cannot be taken back; resolves to true or false.
export function confirm(title, text, word) {
  return new Promise((resolve) => {
    const dialog = el('dialog', { 'aria-labelledby': 'dialog-title' });
    const end = (yes) => { dialog.close(); dialog.remove(); resolve(yes); };
    add(dialog, el('h2', { id: 'dialog-title' }, title), el('p', {}, text),
      el('div', { class: 'row' },
        el('button', { type: 'button', class: 'danger', onclick: () => end(true) }, word),
        el('button', { type: 'button', autofocus: true, onclick: () => end(false) }, 'Keep')));
    dialog.addEventListener('cancel', () => end(false));
    document.body.append(dialog);
    dialog.showModal();
  });
}
