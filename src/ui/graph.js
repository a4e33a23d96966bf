// graph.js - a definition as a drawing: layers from the entry on, arrows, the steps as links
// of the keyboard's order

import { el } from './dom.js';

const W = 168, H = 46, GAP_X = 36, GAP_Y = 42, SWEEPS = 4;
const LANE_W = 10, LANES_MAX = 2000; // where an arrow passes a row; beyond so many they go straight

// What may come after a step, and under which word.
function successors(step) {
  const out = [];
  const to = (id, label = '') => { if (id) out.push([id, label]); };

  // behind branches comes what is next, so the arrow to it begins at their ends
  if (!step.parallel_branches?.some((branch) => branch.length)) to(step.next_step_id);
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

// The lists of steps inside of one: from each to the one behind it, and from the last of them
// onwards, which for a loop is its own step again.
function insides(step) {
  const chain = (list, last) => [...list.slice(1).map((id, i) => [list[i], id]), ...(last && list.length ? [[list.at(-1), last]] : [])];
  return [...(step.parallel_branches ?? []).flatMap((branch) => chain(branch, step.next_step_id)), ...chain(step.loop_step_ids ?? [], step.id)];
}

// Steps in layers: each below all that lead to it, but for ways back. An arrow that passes a layer
// has a place there, a lane, which it shares with others to the same step; so it goes by the
// steps and not behind them. [[id or lane]...], edges [[a, lane..., b], label].
function layers(definition) {
  const steps = new Map(definition.steps.map((s) => [s.id, s]));
  const edges = new Map(), add = (a, b, label) => { if (steps.has(a) && steps.has(b) && !edges.has(`${a} ${b}`)) edges.set(`${a} ${b}`, [a, b, label]); };
  for (const s of steps.values()) {
    for (const [id, label] of successors(s)) add(s.id, id, label);
    for (const [a, b] of insides(s)) add(a, b, '');
  }
  const after = new Map([...steps.keys()].map((id) => [id, []]));
  for (const [a, b] of edges.values()) after.get(a).push(b);
  // what is next to a loop stands below what is in it
  for (const s of steps.values()) if (s.loop_step_ids?.length && steps.has(s.next_step_id)) after.get(s.loop_step_ids.at(-1))?.push(s.next_step_id);

  const state = new Map(), order = [], forward = new Map([...steps.keys()].map((id) => [id, []]));
  function visit(root) { // depth first, without a call a step: definitions may have thousands
    const stack = [[root, 0]];
    state.set(root, 'open');
    while (stack.length) {
      const top = stack.at(-1), next = after.get(top[0]).at(-++top[1]); // the last one first, for the order is turned round
      if (next === undefined) { state.set(top[0], 'done'); order.push(top[0]); stack.pop(); continue; }
      if (state.get(next) === 'open') continue; // a way back
      forward.get(top[0]).push(next);
      if (!state.has(next)) { state.set(next, 'open'); stack.push([next, 0]); }
    }
  }
  const entry = steps.has(definition.entry_step_id) ? definition.entry_step_id : definition.steps[0].id;
  const depth = new Map();
  let low = 0;
  for (const root of [entry, ...steps.keys()]) {
    if (state.has(root)) continue;
    const from = order.length;
    visit(root);
    const mine = new Set(order.slice(from));
    for (const id of [...mine].reverse()) { // what nobody comes to is below the rest
      const d = depth.get(id) ?? low;
      depth.set(id, d);
      for (const next of forward.get(id)) if (mine.has(next)) depth.set(next, Math.max(depth.get(next) ?? 0, d + 1));
    }
    low = Math.max(...depth.values()) + 1;
  }
  const rows = [];
  for (const id of order.reverse()) (rows[depth.get(id)] ??= []).push(id);
  const lanes = new Set(), ways = [...edges.values()].map(([a, b, label]) => {
    const way = [a];
    for (let d = depth.get(a) + 1; d < depth.get(b) && lanes.size < LANES_MAX; d++) {
      const lane = `${b}\n${d}`;
      if (!lanes.has(lane)) { lanes.add(lane); rows[d].push(lane); }
      way.push(lane);
    }
    return [[...way, b], label];
  });
  untangle(rows, ways.flatMap(([way]) => way.slice(1).map((id, i) => [way[i], id])));
  return { steps, edges: ways, rows, entry };
}

// Within its row each step stands about where those are that it is connected with.
function untangle(rows, edges) {
  const beside = new Map(rows.flat().map((id) => [id, []])), at = new Map();
  const place = () => rows.forEach((row) => row.forEach((id, i) => at.set(id, i - (row.length - 1) / 2)));
  for (const [a, b] of edges) { beside.get(a).push(b); beside.get(b).push(a); }
  place();
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (const row of sweep % 2 ? [...rows].reverse() : rows) {
      const here = new Set(row);
      const want = new Map(row.map((id) => {
        const all = beside.get(id).filter((n) => !here.has(n));
        return [id, all.length ? all.reduce((n, x) => n + at.get(x), 0) / all.length : at.get(id)];
      }));
      row.sort((a, b) => want.get(a) - want.get(b));
      row.forEach((id, i) => at.set(id, i - (row.length - 1) / 2));
    }
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
// other steps and leaves the drawing, and the focus in it, alone; and seek(id), which brings a
// step into sight (null: the first one) until somebody looks around in it.
export function graph(definition, { states = new Map(), onStep = null } = {}) {
  if (!definition?.steps?.length) return el('p', { class: 'note' }, 'This definition has no step.');
  const { steps, edges, rows, entry } = layers(definition);
  const wideOf = (id) => (steps.has(id) ? W : LANE_W), wide = rows.map((row) => row.reduce((n, id) => n + wideOf(id) + GAP_X, GAP_X));
  const width = Math.max(...wide), height = rows.length * (H + GAP_Y);
  const at = new Map();
  rows.forEach((row, d) => row.reduce((x, id) => { at.set(id, { x, y: GAP_Y / 2 + d * (H + GAP_Y) }); return x + wideOf(id) + GAP_X; }, GAP_X + (width - wide[d]) / 2));
  const svg = el('svg', { viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': `Graph of ${definition.name ?? definition.id}`, class: 'graph', style: null });
  svg.setAttribute('width', width);
  svg.setAttribute('height', height);
  const words = [];
  for (const [way, label] of edges) {
    const from = at.get(way[0]), to = at.get(way.at(-1));
    const back = to.y <= from.y;
    const x1 = from.x + W / 2, y1 = back ? from.y + H / 2 : from.y + H, x2 = to.x + W / 2, y2 = back ? to.y + H / 2 : to.y;
    const bend = (x, y, fx, fy) => ` C${fx} ${(fy + y) / 2} ${x} ${(fy + y) / 2} ${x} ${y}`;
    let lanes = '', px = x1, py = y1;
    for (const lane of back ? [] : way.slice(1, -1)) { const { x, y } = at.get(lane); lanes += `${bend(x + LANE_W / 2, y, px, py)} V${y + H}`; px = x + LANE_W / 2; py = y + H; }
    const near = back || way.length === 2 ? { x: x2, y: y2 } : { x: at.get(way[1]).x + LANE_W / 2, y: at.get(way[1]).y };
    const path = back
      ? `M${from.x + W} ${y1} C${Math.max(from.x, to.x) + W + 46} ${y1} ${Math.max(from.x, to.x) + W + 46} ${y2} ${to.x + W} ${y2}`
      : `M${x1} ${y1}${lanes}${bend(x2, y2, px, py)}`;
    svg.append(el('path', { d: path, class: back ? 'edge back' : 'edge' }));
    if (!back) svg.append(el('path', { d: `M${x2 - 4} ${y2 - 7} L${x2} ${y2} L${x2 + 4} ${y2 - 7}`, class: 'edge' }));
    if (label) words.push(el('text', { x: (x1 + near.x) / 2 + 4, y: (y1 + near.y) / 2, class: 'edge-label' }, cut(label, 18)));
  }
  svg.append(...words); // over all lines, under the steps
  const nodes = new Map();
  for (const [id, { x, y }] of at) {
    const step = steps.get(id);
    if (!step) continue; // a lane
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
  let looked = false;
  for (const by of ['wheel', 'pointerdown', 'keydown', 'touchmove']) box.addEventListener(by, () => { looked = true; }, { passive: true });
  let sought = null;
  const scroll = () => {
    const place = at.get(steps.has(sought) ? sought : entry);
    if (looked || !box.clientWidth) return;
    box.scrollTo({ left: place.x + (W - box.clientWidth) / 2, top: steps.has(sought) ? place.y + (H - box.clientHeight) / 2 : 0 });
  };
  box.seek = (id) => { sought = id; scroll(); };
  new ResizeObserver(scroll).observe(box); // also when it comes onto the page
  return box;
}
