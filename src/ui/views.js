// views.js - the table of views: a view is a module and a row here
//
// A view's module has `open(main, params, query)`, which fills `main` and returns a function
// that ends what it began (timers, streams), or nothing.

import { Refused } from './net.js';
import * as now from './view_now.js';
import * as runs from './view_runs.js';
import * as run from './view_run.js';
import * as start from './view_start.js';
import * as waits from './view_waits.js';
import * as chat from './view_chat.js';
import * as workers from './view_workers.js';
import * as queues from './view_queues.js';
import * as letters from './view_letters.js';

// A view that is fetched when somebody goes there: what operators look at all day is in the
// first load, settings and tables of definitions are not.
function later(file) {
  let tries = 0;
  return {
    async open(...args) {
      let module;
      // what failed once is remembered under its address
      try { module = await import(tries ? `${file}?${tries}` : file); } catch (error) {
        tries++;
        if (error instanceof SyntaxError) throw error;
        throw new Refused(0, 'unreachable', 'the server cannot be reached');
      }
      return module.open(...args);
    },
  };
}

// place: in the navigation; null: reached from elsewhere
export const views = [
  { path: 'now', title: 'Now', place: 'Work', view: now },
  { path: 'runs', title: 'Runs', place: 'Work', view: runs },
  { path: 'run', title: 'Run', place: null, view: run },
  { path: 'start', title: 'Start a run', place: 'Work', view: start },
  { path: 'approvals', title: 'Approvals', place: 'Work', view: waits },
  { path: 'chat', title: 'Chat', place: 'Work', view: chat },
  { path: 'schedules', title: 'Schedules', place: 'Work', view: later('./view_schedules.js') },
  { path: 'analytics', title: 'Analytics', place: 'Fleet', view: later('./view_analytics.js') },
  { path: 'definitions', title: 'Definitions', place: 'Fleet', view: later('./view_defs.js') },
  { path: 'workers', title: 'Workers', place: 'Fleet', view: workers },
  { path: 'queues', title: 'Queues', place: 'Fleet', view: queues },
  { path: 'dead-letters', title: 'Dead letters', place: 'Fleet', view: letters },
  { path: 'scale', title: 'Scale', place: 'Settings', view: later('./view_scale.js') },
  { path: 'keys', title: 'Keys', place: 'Settings', view: later('./view_keys.js') },
];
