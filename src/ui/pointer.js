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

// The line that a JSON parser complains of, or 0 where its words do not tell.
export function lineOfError(text, message) {
  const line = /line (\d+)/.exec(message), position = /position (\d+)/.exec(message);
  if (line) return Number(line[1]);
  return position ? lineAt(text, Number(position[1])) : 0;
}
