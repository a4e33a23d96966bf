// graph.js - a definition as a drawing: layers from the entry on, arrows, the steps as links
// of the keyboard's order

import { el } from './dom.js';

const W = 168, H = 46, GAP_X = 36, GAP_Y = 42;

function successors(step) {
  const out = [];
  const to = (id, label = '') => { if (id) out.push([id, label]); };

  to(step.next_step_id);
  for (const [label, id] of Object.entries(step.route_map ?? {})) to(id, label);
  to(step.if_true_step_id, 'true');
  to(step.if_false_step_id, 'false');
  for (const [value, id] of Object.entries(step.switch_cases ?? {})) to(id, value);
  to(step.switch_default_step_id, 'default');
  to(step.on_error_step_id, 'error');
  to(step.on_timeout_step_id, 'timeout');
  (step.parallel_branches ?? []).forEach((branch, i) => to(branch[0], `branch ${i}`));
  if (step.loop_step_ids?.length) to(step.loop_step_ids[0], 'loop');
  return out;
}

function insides(step) {
  return [...(step.parallel_branches ?? []), step.loop_step_ids ?? []]
    .flatMap((list) => list.slice(1).map((id, i) => [list[i], id]));
}

function layers(definition) {
  const steps = new Map(definition.steps.map((s) => [s.id, s]));
  const edges = [];
  for (const s of steps.values()) {
    for (const [id, label] of successors(s)) if (steps.has(id)) edges.push([s.id, id, label]);
    for (const [a, b] of insides(s)) if (steps.has(a) && steps.has(b)) edges.push([a, b, '']);
  }
  const depth = new Map();
  const queue = [[definition.entry_step_id || definition.steps[0]?.id, 0]];
  while (queue.length) {
    const [id, d] = queue.shift();
    if (!steps.has(id) || depth.has(id)) continue;
    depth.set(id, d);
    for (const [a, b] of edges) if (a === id) queue.push([b, d + 1]);
  }
  for (const id of steps.keys()) if (!depth.has(id)) depth.set(id, 0);
  return { steps, edges, depth };
}

function cut(text, n) {
  return text.length > n ? `${text.slice(0, n - 1)}…` : text;
}

function tell(node, step, id, state) {
  node.setAttribute('class', `step ${state}`);
  node.querySelector('title').textContent = `${step.name ?? id}, ${step.type}${state === 'none' ? '' : `, ${state}`}`; // its name, and what the mouse shows
  node.querySelector('.type').textContent = `${step.type}${state === 'none' ? '' : ` · ${state}`}`;
}

// states: step id -> status; onStep(id). What it returns has restate(states), which lights
// other steps and leaves the drawing, and the focus in it, alone.
export function graph(definition, { states = new Map(), onStep = null } = {}) {
  if (!definition?.steps?.length) return el('p', { class: 'note' }, 'This definition has no step.');
  const { steps, edges, depth } = layers(definition);
  const rows = [];
  for (const [id, d] of depth) (rows[d] ??= []).push(id);
  const wide = Math.max(...rows.map((r) => r?.length ?? 0));
  const width = wide * (W + GAP_X) + GAP_X, height = rows.length * (H + GAP_Y);
  const at = new Map();
  rows.forEach((row, d) => row?.forEach((id, i) => at.set(id, {
    x: GAP_X + (width - GAP_X - row.length * (W + GAP_X)) / 2 + i * (W + GAP_X), y: GAP_Y / 2 + d * (H + GAP_Y) })));
  const svg = el('svg', { viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': `Graph of ${definition.name ?? definition.id}`, class: 'graph', style: null });
  svg.setAttribute('width', width);
  svg.setAttribute('height', height);
  for (const [a, b, label] of edges) {
    const from = at.get(a), to = at.get(b);
    const back = to.y <= from.y;
    const x1 = from.x + W / 2, y1 = back ? from.y + H / 2 : from.y + H, x2 = to.x + W / 2, y2 = back ? to.y + H / 2 : to.y;
    const path = back
      ? `M${from.x + W} ${y1} C${Math.max(from.x, to.x) + W + 46} ${y1} ${Math.max(from.x, to.x) + W + 46} ${y2} ${to.x + W} ${y2}`
      : `M${x1} ${y1} C${x1} ${(y1 + y2) / 2} ${x2} ${(y1 + y2) / 2} ${x2} ${y2}`;
    svg.append(el('path', { d: path, class: back ? 'edge back' : 'edge' }));
    if (!back) svg.append(el('path', { d: `M${x2 - 4} ${y2 - 7} L${x2} ${y2} L${x2 + 4} ${y2 - 7}`, class: 'edge' }));
    if (label) svg.append(el('text', { x: (x1 + x2) / 2 + 4, y: (y1 + y2) / 2, class: 'edge-label' }, cut(label, 18)));
  }
  const nodes = new Map();
  for (const [id, { x, y }] of at) {
    const step = steps.get(id);
    const node = el('g', { tabindex: '0', role: onStep ? 'button' : 'img', transform: `translate(${x} ${y})` },
      el('title'), el('rect', { width: W, height: H, rx: 8 }),
      el('svg', { width: W - 6, height: 28 }, el('text', { x: 10, y: 19, class: 'name', 'aria-hidden': 'true' }, cut(step.name ?? id, 20))), el('text', { x: 10, y: 36, class: 'type', 'aria-hidden': 'true' }));
    nodes.set(id, node);
    tell(node, step, id, states.get(id) ?? 'none');
    if (onStep) {
      node.addEventListener('click', () => onStep(id));
      node.addEventListener('keydown', (e) => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); onStep(id); } });
    }
    svg.append(node);
  }
  const box = el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Graph' }, svg);
  box.restate = (now) => { for (const [id, node] of nodes) tell(node, steps.get(id), id, now.get(id) ?? 'none'); };
  return box;
}
