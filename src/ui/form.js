// form.js - words at the field that is wrong

import { el } from './dom.js';

function mark(input, text) {
  const id = `${input.id}e`;
  document.getElementById(id)?.remove();
  input.setAttribute('aria-invalid', 'true');
  input.setAttribute('aria-errormessage', id);
  input.after(el('small', { id, class: 'error', role: 'alert' }, text));
}

function unmark(input) {
  document.getElementById(`${input.id}e`)?.remove();
  input.removeAttribute('aria-invalid');
  input.removeAttribute('aria-errormessage');
}

// act() when it is sent, once at a time: its button says that it is under way.
export function onSubmit(form, act) {
  let busy = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy) return;
    const press = form.querySelector('button[type=submit]');
    busy = true;
    press?.setAttribute('aria-disabled', 'true');
    try { await act(); } finally { busy = false; press?.removeAttribute('aria-disabled'); }
  });
}

// fields: name of the API -> the input. A mark goes when its field is typed in.
export function faults(fields) {
  for (const input of Object.values(fields)) input.addEventListener('input', () => unmark(input));
  return {
    clear() { Object.values(fields).forEach(unmark); },
    at(name, text) { mark(fields[name], text); fields[name].focus(); },
    // What a refusal says of fields; true when each of its sentences has found one.
    show(error) {
      const list = error.list ?? [];
      let placed = 0;
      for (const { loc, pointer, msg } of list) {
        const path = loc ?? (pointer ?? '').split('/');
        const name = path.find((part) => part in fields);
        if (!name) continue;
        mark(fields[name], msg);
        if (placed++ === 0) fields[name].focus();
      }
      return list.length > 0 && placed === list.length;
    },
  };
}
