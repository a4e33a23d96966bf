// views.js - the table of views: a view is a module and a row here
//
// A view's module has `open(main, params, query)`, which fills `main` and returns a function
// that ends what it began (timers, streams), or nothing.

import * as now from './view_now.js';
import * as runs from './view_runs.js';
import * as run from './view_run.js';
import * as start from './view_start.js';
import * as waits from './view_waits.js';
import * as chat from './view_chat.js';
import * as definitions from './view_defs.js';
import * as workers from './view_workers.js';
import * as queues from './view_queues.js';
import * as letters from './view_letters.js';
import * as scale from './view_scale.js';
import * as schedules from './view_schedules.js';
import * as analytics from './view_analytics.js';
import * as keys from './view_keys.js';

// place: in the navigation; null: reached from elsewhere
export const views = [
  { path: 'now', title: 'Now', place: 'Work', view: now },
  { path: 'runs', title: 'Runs', place: 'Work', view: runs },
  { path: 'run', title: 'Run', place: null, view: run },
  { path: 'start', title: 'Start a run', place: 'Work', view: start },
  { path: 'approvals', title: 'Approvals', place: 'Work', view: waits },
  { path: 'chat', title: 'Chat', place: 'Work', view: chat },
  { path: 'schedules', title: 'Schedules', place: 'Work', view: schedules },
  { path: 'analytics', title: 'Analytics', place: 'Fleet', view: analytics },
  { path: 'definitions', title: 'Definitions', place: 'Fleet', view: definitions },
  { path: 'workers', title: 'Workers', place: 'Fleet', view: workers },
  { path: 'queues', title: 'Queues', place: 'Fleet', view: queues },
  { path: 'dead-letters', title: 'Dead letters', place: 'Fleet', view: letters },
  { path: 'scale', title: 'Scale', place: 'Settings', view: scale },
  { path: 'keys', title: 'Keys', place: 'Settings', view: keys },
];
