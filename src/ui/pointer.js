// pointer.js - where in a JSON text something is

const WORD = /[^\s,:{}[\]"]+/y;

// The offset of what a JSON pointer names in a text that is JSON; of the innermost part of
// it that is there, when it is not (a missing member is told of by its name).
export function offsetOf(text, pointer) {
  const want = (pointer ?? '').split('/').slice(1).map((p) => p.replaceAll('~1', '/').replaceAll('~0', '~'));
  let at = 0, best = 0, bestDepth = -1;
  const blank = () => { while (/\s/.test(text[at] ?? '')) at++; };
  const string = () => {
    const from = at++;
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    at++;
    return JSON.parse(text.slice(from, at));
  };

  function value(depth, from, on) {
    if (on && depth > bestDepth) { best = from; bestDepth = depth; }
    blank();
    if (text[at] === '"') { string(); return; }
    if (text[at] !== '{' && text[at] !== '[') { WORD.lastIndex = at; WORD.test(text); at = WORD.lastIndex || text.length; return; }
    const end = text[at] === '{' ? '}' : ']';
    at++;
    for (let i = 0; ; i++) {
      blank();
      if (at >= text.length || text[at] === end) { at++; return; }
      const start = at;
      let name = String(i);
      if (end === '}') { name = string(); blank(); at++; }
      value(depth + 1, start, on && want[depth] === name);
      blank();
      if (text[at] === ',') at++;
    }
  }
  value(0, 0, true);
  return best;
}

export function lineAt(text, offset) {
  return text.slice(0, offset).split('\n').length;
}

const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y, NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y, NAME = /true|false|null/y, BLANK = /[ \t\r\n]*/y;
const DEEP_MAX = 1000;

// Where a text stops being JSON; -1 where it does not. Browsers do not all tell, and not always.
function faultAt(text) {
  let at = 0;
  const eat = (pattern) => { pattern.lastIndex = at; const is = pattern.test(text); if (is) at = pattern.lastIndex; return is; };
  const char = (c) => { eat(BLANK); if (text[at] !== c) return false; at++; return true; };

  function members(end, one) {
    if (char(end)) return true;
    do { if (!one()) return false; } while (char(','));
    return char(end);
  }
  function value(depth) {
    eat(BLANK);
    if (depth > DEEP_MAX) return false;
    if (char('{')) return members('}', () => { eat(BLANK); return eat(STRING) && char(':') && value(depth + 1); });
    if (char('[')) return members(']', () => value(depth + 1));
    return eat(STRING) || eat(NUMBER) || eat(NAME);
  }
  if (!value(0)) return at;
  eat(BLANK);
  return at < text.length ? at : -1;
}

// The line in which a text that is no JSON goes wrong; a comma too many or a value that is left
// out is told where the comma or the name stands, not at what comes after blank lines.
export function lineOfError(text) {
  const at = faultAt(text);
  return lineAt(text, at < 0 ? 0 : at < text.length && !/^\s*[,:]?\s*$/.test(text.slice(at)) ? at : text.trimEnd().length);
}
