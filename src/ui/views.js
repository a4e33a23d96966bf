// views.js - the table of views: a view is a module and a row here
//
// A view's module has `open(main, params, query)`, which fills `main` and returns a function
// that ends what it began (timers, streams), or nothing.

import { Refused } from './net.js';

// A view is fetched when somebody goes there. Those that operators look at all day come with
// the page (index.html names them), so that going there asks for nothing; a module runs when
// its view is first opened.
function later(file) {
  let tries = 0, coming = null;
  async function load() {
    // what failed once is remembered under its address
    try { return await import(tries ? `${file}?${tries}` : file); } catch (error) {
      tries++;
      coming = null;
      if (error instanceof SyntaxError) throw new Error('The server has another version of this page by now: reload it.', { cause: error });
      throw new Refused(0, 'unreachable', 'the server cannot be reached');
    }
  }
  const prepare = () => { coming ??= load(); return coming; };
  return { prepare, open: async (...args) => (await prepare()).open(...args) };
}

// place: in the navigation; null: reached from elsewhere, and a part of the view `of`
export const views = [
  { path: 'now', title: 'Now', place: 'Work', view: later('./view_now.js') },
  { path: 'runs', title: 'Runs', place: 'Work', view: later('./view_runs.js') },
  { path: 'run', title: 'Run', place: null, of: 'runs', view: later('./view_run.js') },
  { path: 'start', title: 'Start a run', place: 'Work', view: later('./view_start.js') },
  { path: 'approvals', title: 'Approvals', place: 'Work', view: later('./view_waits.js') },
  { path: 'chat', title: 'Chat', place: 'Work', view: later('./view_chat.js') },
  { path: 'schedules', title: 'Schedules', place: 'Work', view: later('./view_schedules.js') },
  { path: 'analytics', title: 'Analytics', place: 'Fleet', view: later('./view_analytics.js') },
  { path: 'definitions', title: 'Definitions', place: 'Fleet', view: later('./view_defs.js') },
  { path: 'workers', title: 'Workers', place: 'Fleet', view: later('./view_workers.js') },
  { path: 'queues', title: 'Queues', place: 'Fleet', view: later('./view_queues.js') },
  { path: 'dead-letters', title: 'Dead letters', place: 'Fleet', view: later('./view_letters.js') },
  { path: 'scale', title: 'Scale', place: 'Settings', view: later('./view_scale.js') },
  { path: 'keys', title: 'Keys', place: 'Settings', view: later('./view_keys.js') },
];
