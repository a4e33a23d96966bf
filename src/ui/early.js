// early.js - what the first view asks for, asked before the modules that draw it have come
//
// The page names this file first and it needs no other: session and list are on their way while
// the rest is fetched. net.js takes the answers where the same is asked for.

const GOOD_MS = 10000; // an answer that nobody has taken by then is old
const KEPT = 'synapse.signed-in'; // the cookie is not ours to read

// view -> the paths that it asks for first, word for word; one with filters asks by itself
const FIRST = {
  now: () => ['/health', '/api/v2/runs?limit=10', '/api/v2/waits?limit=50'],
  runs: (id, query) => (query ? [] : ['/api/v2/runs?limit=50']),
  run: (id) => (id ? [`/api/v2/runs/${encodeURIComponent(decodeURIComponent(id))}`] : []),
};
const WAIT_MS = 30000;
const asked = new Map();

function ask(path) {
  const answer = fetch(path, { headers: { 'X-Synapse-Page': '1' }, credentials: 'same-origin', signal: AbortSignal.timeout(WAIT_MS) });
  answer.catch(() => {}); // who takes it hears of it
  asked.set(path, answer);
}

// The answer that is under way, once; null: there is none.
export function early(path) {
  const answer = asked.get(path) ?? null;
  asked.delete(path);
  return performance.now() < GOOD_MS ? answer : null;
}

// Who is not signed in asks for the session alone: the others would be refused, and what was
// refused already is no answer to who signs in then.
export function remember(signedIn) {
  if (!signedIn) asked.clear();
  try { if (signedIn) localStorage.setItem(KEPT, '1'); else localStorage.removeItem(KEPT); } catch { /* kept by none: one round more */ }
}

function remembered() {
  try { return localStorage.getItem(KEPT) !== null; } catch { return false; }
}

ask('/api/session');
if (remembered()) {
  const [place, query] = location.hash.replace(/^#\/?/, '').split('?'), [name, id] = place.split('/');
  try { for (const path of FIRST[name || 'now']?.(id, query) ?? []) ask(path); } catch { /* an address that is none: the view says so */ }
}
