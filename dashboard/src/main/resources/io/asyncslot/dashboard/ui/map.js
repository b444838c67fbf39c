// The slots of one map: views, search by key, pages, and actions on a selection.
import {html, nothing} from './lit-html.js';
import {card} from './overview.js';
import {address, count, number, seconds, sentence, span, time} from './text.js';

/** What an operator looks for, and what the endpoint is asked for then. */
export const VIEWS = {
  due: ['Next due', {sort: 'deadline'}],
  overdue: ['Overdue', {state: 'overdue', sort: 'deadline'}],
  running: ['Running longest', {sort: 'running'}],
  paused: ['Paused', {sort: 'paused'}],
  failed: ['Failed', {sort: 'failed'}],
  all: ['All', {}],
};

export const LIMIT = 50;

/** The actions that are about a failed firing, on maps that keep those; its slot may be gone. */
export const ON_FAILED = ['retry', 'forget'];

/** The actions after which something is gone. */
export const DROPS = new Set(['delete', 'forget']);

/** The parameters of a list, as the endpoint has them. */
export function parameters(query) {
  const view = VIEWS[query.get('view')] ?? VIEWS.due;
  const page = Number(query.get('page') ?? 0);
  return {...view[1], limit: LIMIT, prefix: query.get('prefix') || null, page: view[1].sort ? page : null};
}

export const states = slot => [
  slot.running ? html`<span class="badge">running</span>` : nothing,
  slot.armed ? html`<span class="badge">armed</span>` : nothing,
  slot.pausedSince ? html`<span class="badge hot">paused</span>` : nothing,
  slot.lastFiring?.failure ? html`<span class="badge hot">failed</span>` : nothing,
  slot.armed && seconds(slot.timeLeft) === 0 ? html`<span class="badge hot">overdue</span>` : nothing,
  slot.armed || slot.running ? nothing : html`<span class="badge">idle</span>`,
];

/**
 * One button for each action. An action that is not offered (false) keeps its place, so that the button which has the focus stays
 * that of its action when others come and go.
 */
export const buttons = (actions, act) => actions.map(action => action
  ? html`<button type="button" class=${DROPS.has(action) ? 'hot' : ''} @click=${() => act(action)}>${action}</button>` : nothing);

/** A key as it is, but for what cannot be seen. */
export const shown = key => key === '' ? html`<i>empty key</i>` : key;

const due = slot => slot.deadline ? html`${time(slot.deadline)} <span class="note">${seconds(slot.timeLeft) > 0
  ? `in ${span(Math.max(1, Math.round(seconds(slot.timeLeft))))}` : 'overdue'}</span>` : '–';

const last = firing => firing ? html`${time(firing.firedAt)} <span class="note">${span(seconds(firing.lateness))} late</span>` : '–';

/** Who paused the map: the endpoint knows it, perhaps of an earlier pause than the live one. */
const pauser = (map, told) => map.pausedSince === told?.pausedSince && told?.pausedBy ? ` by ${told.pausedBy}` : '';

const stats = (map, told) => html`<dl class="cards">
  ${card('Armed', number(map.armed))} ${card('Running', number(map.running))} ${card('Queued', number(map.queued))}
  ${card('Paused', map.pausedSince ? 'all' : number(map.paused), Boolean(map.pausedSince) || map.paused > 0,
    map.pausedSince ? `since ${time(map.pausedSince)}${pauser(map, told)}` : 'one by one')}
  ${card('Fired', number(map.fired))} ${card('Failed', number(map.failed))} ${card('References', number(map.references))}</dl>`;

export function mapPage({name, query, answer, live, session, acts, selected}) {
  const view = VIEWS[query.get('view')] ? query.get('view') : 'due';
  const prefix = query.get('prefix') ?? '';
  const body = answer?.status === 200 ? answer.body : null;
  const counters = live?.maps.find(map => map.name === name) ?? body?.stats;
  const turn = counters?.pausedSince ? 'resume' : 'pause';
  return html`<nav aria-label="Breadcrumb"><a href="./">Overview</a></nav>
    <h1>${name} ${counters?.pausedSince ? html`<span class="badge hot">paused</span>` : nothing}</h1>
    ${counters ? html`<section aria-label="The map">${stats(counters, body?.stats)}
      ${session.write ? html`<p class="actions"><button type="button" @click=${() => acts.map(turn)}>${
        turn === 'pause' ? 'Pause' : 'Resume'} the map</button></p>` : nothing}</section>` : nothing}
    <section aria-labelledby="slots"><h2 id="slots">Slots</h2>
      <nav class="views" aria-label="Views">${Object.entries(VIEWS).map(([id, [title]]) => html`
        <a href=${address({map: name, view: id, prefix: prefix || null})} aria-current=${id === view ? 'page' : nothing}>${title}</a>`)}</nav>
      <form method="get" action="" class="search">
        <input type="hidden" name="map" value=${name}><input type="hidden" name="view" value=${view}>
        <label>Key begins with <input type="search" name="prefix" value=${prefix} autocomplete="off" spellcheck="false"></label>
        <button>Search</button></form>
      ${list({name, view, prefix, answer, body, session, acts, selected, failed: view === 'failed' && counters?.keepsFailed})}</section>`;
}

function list({name, view, prefix, answer, body, session, acts, selected, failed}) {
  if (!body) {
    return html`<p>${answer ? sentence(answer.body?.error ?? `The endpoint answered ${answer.status}.`) : 'Asking the endpoint.'}</p>`;
  }
  const page = body.page;
  const from = page * LIMIT;
  if (body.slots.length === 0) {
    return html`<p>${page ? 'There is no such page any more.' : prefix ? 'No slot of this view has such a key.' : 'No slot is in this view.'}</p>`;
  }
  const turn = (text, to) => html`<a href=${address({map: name, view, prefix: prefix || null, page: to})}>${text}</a>`;
  const more = body.truncated && view === 'all' ? ' There are more: search for the beginning of a key.' : '';
  return html`<p>${view === 'all' ? count(body.slots.length, 'slot') : `Slots ${number(from + 1)} to ${number(from + body.slots.length)}`}.${more}</p>
    ${session.write ? html`<p class="actions" role="group" aria-label="Actions on the selected slots"><span>Selected:</span>
      ${buttons([...ON_FAILED.map(action => failed && action), 'fire', 'cancel', 'pause', 'resume', 'delete'], acts.selection)}</p>` : nothing}
    <div class="scroll" tabindex="0" role="region" aria-label="Table of slots"><table>
      <thead><tr>${session.write ? html`<td class="box"><input type="checkbox" aria-label="Select all on this page"
          .checked=${body.slots.every(slot => selected.has(slot.key))}
          @change=${event => acts.select(body.slots.map(slot => slot.key), event.target.checked)}></td>` : nothing}
        <th scope="col">Key</th><th scope="col">State</th><th scope="col">Due</th><th scope="col">Last firing</th></tr></thead>
      <tbody>${body.slots.map(slot => html`<tr>
        ${session.write ? html`<td><input type="checkbox" aria-label="Select ${slot.key}" .checked=${selected.has(slot.key)}
          @change=${event => acts.select([slot.key], event.target.checked)}></td>` : nothing}
        <th scope="row" class="code"><a href=${address({map: name, key: slot.key})}>${shown(slot.key)}</a></th>
        <td>${states(slot)}${slot.pausedBy ? html` <span class="note">by ${slot.pausedBy}</span>` : nothing}</td>
        <td>${due(slot)}</td>
        <td>${last(slot.lastFiring)}</td></tr>`)}</tbody></table></div>
    ${page > 0 || body.truncated && view !== 'all' ? html`<nav class="pages" aria-label="Pages">
      ${page > 0 ? turn('Earlier', page - 1) : nothing} <span>Page ${number(page + 1)}</span>
      ${body.truncated ? turn('Later', page + 1) : nothing}</nav>` : nothing}`;
}
