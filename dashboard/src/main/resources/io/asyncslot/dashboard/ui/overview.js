// All maps at a glance.
import {html, nothing} from './lit-html.js';
import {bars, rates} from './charts.js';
import {address, count, number, span, time} from './text.js';

const RATES = 180;

export const card = (name, value, hot = false, note = nothing) =>
  html`<div class=${hot ? 'card hot' : 'card'}><dt>${name}</dt><dd>${value}</dd>${note === nothing ? nothing : html`<dd class="note">${note}</dd>`}</div>`;

const sum = (maps, field) => maps.reduce((total, map) => total + map[field], 0);

const overdue = census => census && Object.values(census.overdue).reduce((total, each) => total + each, 0);

function now({maps, census, fired, running}) {
  const late = overdue(census);
  const failed = sum(maps, 'failedLately');
  const lost = sum(maps, 'dropped');
  return html`<section aria-labelledby="now"><h2 id="now">Now</h2>
    ${running ? nothing : html`<p class="problem">Callbacks do not run: the registry is stopped.</p>`}
    <dl class="cards">
      ${card('Armed', number(sum(maps, 'armed')))}
      ${card('Running', number(sum(maps, 'running')))}
      ${card('Queued', number(sum(maps, 'queued')))}
      ${card('Overdue', census ? number(late) : '…', late > 0, census ? `at ${time(census.at)}` : 'counting')}
      ${card('Paused', number(sum(maps, 'paused')), sum(maps, 'paused') > 0 || maps.some(map => map.pausedSince),
        maps.some(map => map.pausedSince) ? count(maps.filter(map => map.pausedSince).length, 'map') : 'one by one')}
      ${card('Fired', number(fired.at(-1) ?? 0), false, 'a second')}
      ${card('Failed', number(failed), failed > 0, 'last minute')}
      ${card('References', number(sum(maps, 'references')))}
      ${lost ? card('Dropped', number(lost), true, 'must be 0') : nothing}
    </dl></section>`;
}

function timeline({census}) {
  if (!census) {
    return html`<section aria-labelledby="due"><h2 id="due">Due in the next hour</h2><p>Counting the slots.</p></section>`;
  }
  const start = Date.parse(census.from);
  const names = census.due.map((_, i) => time(start + i * census.widthSeconds * 1000));
  const total = census.due.reduce((a, b) => a + b, 0);
  const most = Math.max(...census.due);
  const peak = most ? ` Most in the ${census.widthSeconds} seconds from ${names[census.due.indexOf(most)].slice(-8)}: ${number(most)}.` : '';
  return html`<section aria-labelledby="due"><h2 id="due">Due in the next hour</h2>
    <p>${count(total, 'slot')} due within the hour, ${number(census.later)} later.${peak}
      <span class="note">Counted at ${time(census.at)}, in ${span(census.tookMillis / 1000)}.</span></p>
    ${bars({id: 'timeline', label: `Slots due in the next hour, by ${census.widthSeconds} seconds`, heads: ['From', 'Due'],
      names, values: census.due, every: 10, shorten: name => name.slice(-8, -3)})}</section>`;
}

/** The part of a histogram that is not empty. */
function histogram(id, title, label, counts) {
  const total = counts.reduce((a, b) => a + b, 0);
  const head = html`<h2 id="${id}-title">${title}</h2>`;
  if (!total) {
    return html`<section aria-labelledby="${id}-title">${head}<p>No callback has ended within the last minute.</p></section>`;
  }
  const first = Math.max(0, counts.findIndex(value => value > 0) - 2);
  const last = Math.min(counts.length - 1, Math.max(first + 9, counts.findLastIndex(value => value > 0) + 2));
  const bound = i => span(Number((2 ** i / 1e6).toPrecision(2)));
  let seen = 0;
  const below = share => counts.findIndex(value => (seen += value) >= total * share);
  const median = below(0.5);
  seen = 0;
  const most = below(0.99);
  return html`<section aria-labelledby="${id}-title">${head}
    <p>${count(total, 'firing')} in the last minute; half below ${bound(median)}, 99 of 100 below ${bound(most)}.</p>
    ${bars({id, label, heads: ['Below', 'Firings'], every: 1,
      names: counts.slice(first, last + 1).map((_, i) => bound(first + i)), values: counts.slice(first, last + 1)})}</section>`;
}

const state = map => map.pausedSince ? html`<span class="badge hot">paused</span>` : nothing;

const maps = ({maps: all, census}) => html`<section aria-labelledby="maps"><h2 id="maps">Maps</h2>
  ${all.length === 0 ? html`<p>There is no map. A bean with <code>@TimerSlot</code> or <code>@WorkSlot</code> makes one.</p>` : html`
  <div class="scroll" tabindex="0" role="region" aria-label="Table of maps"><table>
    <thead><tr><th scope="col">Map</th><th scope="col">Backend</th>
      ${['Armed', 'Running', 'Queued', 'Paused', 'Overdue', 'Fired a second', 'Failed last minute', 'Fired', 'Failed', 'References']
        .map(name => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
    <tbody>${all.map(map => {
      const late = census?.overdue[map.name] ?? 0;
      const link = (view, value, hot) => value
        ? html`<a class=${hot ? 'hot' : ''} href=${address({map: map.name, view})}>${number(value)}</a>` : number(value);
      return html`<tr><th scope="row"><a href=${address({map: map.name})}>${map.name}</a> ${state(map)}</th>
        <td>${map.backend}${map.type === 'work' ? ', work' : ''}</td>
        <td class="number">${number(map.armed)}</td>
        <td class="number">${link('running', map.running)}</td>
        <td class="number">${number(map.queued)}</td>
        <td class="number">${link('paused', map.paused)}</td>
        <td class="number">${link('overdue', late, true)}</td>
        <td class="number">${number(map.firedPerSecond)}</td>
        <td class="number">${link('failed', map.failedLately, true)}</td>
        <td class="number">${number(map.fired)}</td>
        <td class="number">${number(map.failed)}</td>
        <td class="number">${number(map.references)}</td></tr>`;
    })}</tbody></table></div>`}</section>`;

const detail = value => Array.isArray(value) ? value.map(detail).join(', ')
  : value !== null && typeof value === 'object'
    ? Object.entries(value).map(([name, each]) => `${name}: ${detail(each)}`).join(', ') : String(value);

/** What the backends' probes found. */
const backends = answer => html`<section aria-labelledby="backends"><h2 id="backends">Backends</h2>
  ${answer?.body?.backends ? answer.body.backends.map(backend => html`
    <h3>${backend.name} <span class=${backend.available ? 'badge' : 'badge hot'}>${backend.available ? 'available' : 'not available'}</span>
      ${answer.body.backend.used === backend.name ? html`<span class="badge">default</span>` : nothing}</h3>
    ${backend.reasons.map(reason => html`<p>${reason}</p>`)}
    <dl class="facts">${Object.entries(backend.details).map(([name, value]) => html`<div><dt>${name}</dt><dd>${detail(value)}</dd></div>`)}</dl>`)
    : html`<p>${answer ? `The endpoint does not tell (${answer.status}).` : 'Asking the endpoint.'}</p>`}</section>`;

export const overview = (live, endpoint) => html`<h1>Overview</h1>
  ${live ? html`${now(live)}${timeline(live)}
    <div class="columns">
      <section aria-labelledby="rate"><h2 id="rate">Firings a second</h2>
        <p>${number(live.fired.at(-1) ?? 0)} fired and ${number(live.failed.at(-1) ?? 0)} failed in the last second.</p>
        ${rates({id: 'rates', label: 'Firings and failures a second, last three minutes', length: RATES, first: live.fired, second: live.failed})}</section>
      ${histogram('lateness', 'Lateness', 'How late callbacks began, last minute', live.lateness)}
      ${histogram('durations', 'Duration', 'How long callbacks ran, last minute', live.durations)}
    </div>${maps(live)}` : html`<p>Waiting for the first numbers.</p>`}
  ${backends(endpoint)}`;
