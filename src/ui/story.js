// story.js - all that is known of a run, also where only its row and its events are: a run that
// was executed in files, by a host without stores

import { get, query as q } from './net.js';

const EVENTS_MAX = 1000;
const ENDS = { step_complete: 'completed', step_error: 'failed' };

// What a list of steps would say, made of the events that began and ended them.
function stepsOf(events) {
  const steps = [], open = new Map();
  for (const { event: e } of events) {
    const at = e.ts ? new Date(e.ts).toISOString() : null;
    if (e.type === 'step_start') {
      const step = { step_id: e.orch_step_id, path: e.path ?? e.orch_step_id, name: e.step_name, type: e.step_type, status: 'running',
        attempts: 1, starts: 1, started_at: at, ended_at: null, duration_seconds: null, error: null };
      open.set(step.path, step);
      steps.push(step);
    } else if (ENDS[e.type]) {
      const step = open.get(e.path ?? e.orch_step_id);
      if (step) Object.assign(step, { status: ENDS[e.type], ended_at: at, duration_seconds: e.duration_seconds ?? null, error: e.error ?? null });
    }
  }
  return steps;
}

export async function runOf(id) {
  const path = encodeURIComponent(id);
  try { return await get(`/api/v2/runs/${path}`); } catch (error) {
    if (error.status !== 404 && error.code !== 'scale_only') throw error;
  }
  const row = await get(`/api/v2/orchestrations/runs/${path}/status`);
  const { events } = await get(`/api/v2/orchestrations/runs/${path}/events${q({ limit: EVENTS_MAX })}`);
  return { attempt: 1, ...row, steps: stepsOf(events), waits: [] };
}

// The definition that the run has; where versions are not kept, the one that there is now.
export async function definitionOf(run) {
  const path = `/api/v2/orchestrations/${encodeURIComponent(run.orchestration_id)}`;
  const places = run.definition_version ? [`${path}/versions/${run.definition_version}`, path] : [path];
  for (const place of places) {
    try { const found = await get(place); return found.definition ?? found; } catch (error) {
      if (error.status === 0) throw error;
    }
  }
  return { steps: [] }; // a deleted one, or a chat's agent: there is no graph to draw
}
