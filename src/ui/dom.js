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
  if (hint) input.setAttribute('aria-describedby', `${id}h`);
  return el('div', { class: input.type === 'checkbox' ? 'field check' : 'field' }, el('label', { for: id }, label), input,
    hint ? el('small', { id: `${id}h` }, hint) : null);
}

// A button that does one thing at a time. It keeps the focus while it does (a disabled one
// would lose it), and says itself what went wrong where the act does not.
export function button(text, act, props = {}) {
  const node = el('button', { type: 'button', ...props }, text);
  let busy = false, trouble = null;
  node.addEventListener('click', async () => {
    if (busy) return;
    busy = true;
    node.setAttribute('aria-disabled', 'true');
    trouble?.remove();
    try { await act(); } catch (error) {
      trouble = el('small', { class: 'error', role: 'alert' }, ` ${error.message}`);
      node.after(trouble);
    } finally {
      busy = false;
      node.removeAttribute('aria-disabled');
    }
  });
  return node;
}

// ---- what is drawn again while somebody looks at it ----

const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex]';

// Where the focus is inside a node; put back by focusAgain() after its insides were replaced.
export function focusPlace(node) {
  const now = document.activeElement;
  if (!now || now === node || !node.contains(now)) return null;
  return [...node.querySelectorAll(FOCUSABLE)].indexOf(now);
}

export function focusAgain(node, place) {
  if (place === null || node.contains(document.activeElement)) return;
  const all = node.querySelectorAll(FOCUSABLE);
  (all[Math.min(Math.max(place, 0), all.length - 1)] ?? node).focus({ preventScroll: true });
}

// As fill(), but what looks the same stays as it is, and so does the focus: nothing flickers,
// and nobody is thrown out of what they read.
export function refresh(node, ...children) {
  const fresh = [...add(document.createDocumentFragment(), ...children).childNodes];
  const place = focusPlace(node);
  fresh.forEach((child, i) => {
    const old = node.childNodes[i];
    if (!old) { node.append(child); return; }
    if (old.tagName === 'DETAILS' && child.tagName === 'DETAILS' && old.firstChild.textContent === child.firstChild.textContent) child.open = old.open;
    if (!old.isEqualNode(child)) old.replaceWith(child);
  });
  while (node.childNodes.length > fresh.length) node.lastChild.remove();
  focusAgain(node, place);
  return node;
}

// A question before what cannot be taken back; resolves to true or false.
// more: what stands below the text.
export function confirm(title, text, word, more = null) {
  return new Promise((resolve) => {
    const dialog = el('dialog', { 'aria-labelledby': 'dialog-title' });
    const no = () => end(false); // who goes elsewhere has not said yes
    const end = (yes) => { window.removeEventListener('hashchange', no); dialog.close(); dialog.remove(); resolve(yes); };
    add(dialog, el('h2', { id: 'dialog-title' }, title), el('p', {}, text), more,
      el('div', { class: 'row' },
        el('button', { type: 'button', class: 'danger', onclick: () => end(true) }, word),
        el('button', { type: 'button', autofocus: true, onclick: () => end(false) }, 'Keep')));
    dialog.addEventListener('cancel', no);
    window.addEventListener('hashchange', no);
    document.body.append(dialog);
    dialog.showModal();
  });
}
