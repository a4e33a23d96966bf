// live.js - what is asked for again and again: not while the page is hidden, slower after
// errors, at once when a lost connection is back

import { onConnection, tell } from './net.js';

const SLOWEST_SEC = 15, LOAD_SHARE = 10;

// act() may take a tenth of the time; one that takes long is asked for every 15 seconds all the
// same, for a server that hangs is looked at most. soon: also now, and not only after the first seconds.
// Returns a function that ends it; `now` of it asks at once.
export function every(seconds, act, { soon = true } = {}) {
  let timer = null, ended = false, busy = false, wait = seconds, good = null; // when it was last asked with success

  async function turn() {
    clearTimeout(timer);
    timer = null;
    if (document.hidden || busy || ended) return;
    busy = true;
    const began = performance.now();
    try {
      await act();
      wait = seconds;
      good = Date.now();
      tell({ trouble: null });
    } catch (error) {
      wait = Math.min(wait * 2, SLOWEST_SEC);
      if (error.status !== 0 && !ended) tell({ trouble: error, good }); // 0: the banner says so
      if (error.code === 'scale_only') end(); // it will not be otherwise while this view is open
    }
    busy = false;
    if (!ended && !document.hidden) timer = setTimeout(turn, Math.max(wait * 1000, Math.min(SLOWEST_SEC * 1000, LOAD_SHARE * (performance.now() - began))));
  }
  const seen = () => { if (!document.hidden && timer === null && !ended) turn(); };
  const forget = onConnection((news) => { if (news.connected || news.signedIn) { wait = seconds; turn(); } });
  document.addEventListener('visibilitychange', seen);
  if (soon) turn(); else timer = setTimeout(turn, wait * 1000);
  const end = () => { ended = true; clearTimeout(timer); forget(); document.removeEventListener('visibilitychange', seen); };
  end.now = turn;
  return end;
}
