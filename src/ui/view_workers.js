// view_workers.js - who executes runs

import { add, badge, el } from './dom.js';
import { every } from './live.js';
import { get } from './net.js';
import { command, heading } from './parts.js';
import { age } from './show.js';
import { table } from './table.js';

export function workerList() {
  return table({
    caption: 'Workers', empty: 'No worker has registered: start one with “synapsed” and role worker.', key: (w) => w.worker_id,
    columns: [
      ['Worker', (w) => w.worker_id], ['Host', (w) => w.hostname ?? '—'], ['State', (w) => badge(w.status)],
      ['In flight', (w) => el('span', {}, `${w.active_jobs} / ${w.max_jobs} `, el('progress', { max: w.max_jobs || 1, value: w.active_jobs, 'aria-label': `${w.active_jobs} of ${w.max_jobs}` }))],
      ['Last beat', (w) => `${age(w.last_heartbeat)} ago`],
      ['Disabled MCP servers', (w) => (w.mcp_disabled?.length ? w.mcp_disabled.map((m) => (typeof m === 'string' ? m : `${m.name}: ${m.reason}`)).join(', ') : 'none')],
      ['Last death', (w) => (w.last_death_cause ? `${w.last_death_cause}, ${age(w.last_death_at)} ago` : '—')],
    ],
    load: async () => ({ rows: await get('/api/v2/workers'), next: null }),
  });
}

export async function open(main) {
  const list = workerList();
  add(main, heading('Workers'), list.node, command('synapsed worker list'));
  return every(3, () => list.reload());
}
