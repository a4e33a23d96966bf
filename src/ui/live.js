// live.js - what is asked for again and again: not while the page is hidden, slower after errors

export function every(seconds, act) {
  let timer = null, ended = false, wait = seconds;

  async function turn() {
    timer = null;
    if (document.hidden) return;
    try { await act(); wait = seconds; } catch { wait = Math.min(wait * 2, 60); }
    if (!ended && !document.hidden && timer === null) timer = setTimeout(turn, wait * 1000);
  }
  const seen = () => { if (!document.hidden && timer === null && !ended) turn(); };
  document.addEventListener('visibilitychange', seen);
  turn();
  return () => { ended = true; clearTimeout(timer); document.removeEventListener('visibilitychange', seen); };
}
