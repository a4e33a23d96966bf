// chart.js - series over time, drawn by uPlot (vendor/), which is fetched when first needed

import { el } from './dom.js';

const HEIGHT = 180;
const beside = (name) => new URL(name, import.meta.url).href;
let loading = null;

function library() {
  loading ??= new Promise((resolve, reject) => {
    document.head.append(el('link', { rel: 'stylesheet', href: beside('uplot.css') }),
      el('script', { src: beside('uplot.min.js'), onload: () => resolve(window.uPlot),
        onerror: () => { loading = null; reject(new Error('the charts could not be fetched')); } }));
  });
  return loading;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// at: seconds since 1970; series: [{label, values, colour: '--good', bars}]. Returns {node,
// end}. What is drawn is in a table as well, so the drawing is one image to who cannot see it.
export function chart({ title, at, series, show = String }) {
  const place = el('div', { class: 'plot' });
  const node = el('figure', { class: 'card chart' }, el('figcaption', {}, el('b', {}, title),
    series.map((s) => el('span', { class: `key ${s.colour.slice(2)}` }, s.label))),
  el('div', { role: 'img', 'aria-label': `${title}: ${series.map((s) => s.label).join(', ')} by time; the table below has the numbers` }, place));
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  let plot = null, ended = false;

  async function draw() {
    const UPlot = await library();
    if (ended || !place.isConnected) return;
    plot?.destroy();
    const ink = colour('--quiet'), line = colour('--line');
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line } };
    plot = new UPlot({
      width: Math.max(200, place.clientWidth), height: HEIGHT, legend: { show: false }, cursor: { show: false },
      tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      // half a step on both sides, so that the first and the last bar are whole
      scales: { x: { range: (u, min, max) => { const half = at.length > 1 ? (at[1] - at[0]) / 2 : 43200; return [min - half, max + half]; } }, y: { range: (u, min, max) => [0, max > 0 ? max * 1.08 : 1] } },
      axes: [axis, { ...axis, size: 62, values: (u, list) => list.map(show) }],
      series: [{}, ...series.map((s) => ({ label: s.label, stroke: colour(s.colour), fill: s.bars ? colour(s.colour) : undefined,
        width: s.bars ? 0 : 2, spanGaps: false, points: { show: !s.bars, size: 5 }, paths: s.bars ? UPlot.paths.bars({ size: [0.7, 60] }) : undefined }))],
    }, [at, ...series.map((s) => s.values)], place);
  }
  const wide = new ResizeObserver(() => {
    if (!plot) draw().catch((error) => { place.textContent = error.message; });
    else if (plot.width !== place.clientWidth && place.clientWidth) plot.setSize({ width: Math.max(200, place.clientWidth), height: HEIGHT });
  });
  wide.observe(place);
  scheme.addEventListener('change', draw);
  return { node, end: () => { ended = true; wide.disconnect(); scheme.removeEventListener('change', draw); plot?.destroy(); } };
}

// A line of small bars without axes, for a tile; `bad` is the part of each that is bad.
export function spark({ label, values, bad }) {
  const W = 3, H = 36, most = Math.max(1, ...values);
  const svg = el('svg', { class: 'spark', viewBox: `0 0 ${values.length * W} ${H}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label });
  values.forEach((value, i) => {
    const tall = value / most * (H - 2), low = Math.min(value, bad[i]) / most * (H - 2);
    svg.append(el('rect', { class: 'all', x: i * W, y: H - 1 - tall, width: W - 1, height: tall + 1 }));
    if (bad[i]) svg.append(el('rect', { class: 'bad', x: i * W, y: H - 1 - Math.max(low, 1.5), width: W - 1, height: Math.max(low, 1.5) + 1 }));
  });
  return svg;
}
