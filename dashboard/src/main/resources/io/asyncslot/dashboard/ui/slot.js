// One slot and its story.
import {html, nothing} from './lit-html.js';
import {ON_FAILED, buttons, shown, states} from './map.js';
import {address, number, seconds, sentence, span, time} from './text.js';

const fact = (name, value) => value === null || value === undefined ? nothing
  : html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

const story = sentences => html`<section aria-labelledby="story"><h2 id="story">Story</h2>
  <ul class="story">${sentences.map(text => html`<li>${sentence(text)}</li>`)}</ul></section>`;

const actions = (slot, failed, acts) => html`<section aria-labelledby="actions"><h2 id="actions">Actions</h2>
  <form class="actions" @submit=${event => { event.preventDefault(); acts.slot('start', event.target.elements.delay?.value.trim() || null); }}>
    ${slot?.type === 'WORK' ? nothing : html`<label>Delay <input name="delay" size="8" placeholder="of the map" autocomplete="off"></label>`}
    <button>${slot ? 'start' : 'start a slot with this key'}</button>
    ${buttons([...ON_FAILED.map(action => failed && action),
      ...['fire', 'cancel', slot?.pausedSince ? 'resume' : 'pause', 'delete'].map(action => slot && action)], acts.slot)}
  </form></section>`;

const history = events => html`<section aria-labelledby="history"><h2 id="history">History</h2>
  ${events.length === 0 ? html`<p>This map keeps none.</p>` : html`
  <div class="scroll" tabindex="0" role="region" aria-label="Table of transitions"><table>
    <thead><tr><th scope="col">Time</th><th scope="col">What</th><th scope="col">By</th><th scope="col">Outcome</th><th scope="col">Span</th></tr></thead>
    <tbody>${[...events].reverse().map(event => html`<tr><td>${time(event.time)}</td><td>${event.cause}</td><td>${event.by ?? '–'}</td>
      <td>${event.outcome}</td><td>${event.detail ? span(seconds(event.detail)) : '–'}</td></tr>`)}</tbody></table></div>`}</section>`;

const measure = by => html`<section aria-labelledby="measure"><h2 id="measure">Measured by ${by.by}</h2>
  <dl class="facts">${fact('References there', by.references)}${fact('Expires', by.expiry && time(by.expiry))}
    ${fact('Callback set', by.callbackSet === null ? null : String(by.callbackSet))}${fact('Program', by.program)}
    ${fact('Clock', by.clock)}${fact('Reported due', by.firings)}</dl>
  ${by.notes.map(note => html`<p>${note}</p>`)}</section>`;

function facts(slot) {
  const firing = slot.lastFiring;
  return html`<section aria-labelledby="facts"><h2 id="facts">Facts</h2><dl class="facts">
    ${fact('Backend', slot.backend)}${fact('Type', slot.type.toLowerCase())}${fact('Generation', slot.generation)}
    ${fact('References', number(slot.references))}${fact('Due', slot.deadline && time(slot.deadline))}
    ${fact('Time left', slot.timeLeft && span(Math.round(seconds(slot.timeLeft) * 10) / 10))}
    ${fact('Value', slot.value)}${fact('Paused since', slot.pausedSince && time(slot.pausedSince))}${fact('Paused by', slot.pausedBy)}
    ${firing ? html`${fact('Last fired', time(firing.firedAt))}${fact('Attempt', firing.attempt)}
      ${fact('Late by', span(seconds(firing.lateness)))}${fact('Ran for', firing.duration && span(seconds(firing.duration)))}
      ${fact('Failed with', firing.failure)}` : nothing}</dl></section>`;
}

export function slotPage({name, key, answer, live, session, acts}) {
  const slot = answer?.status === 200 ? answer.body : null;
  const keepsFailed = live?.maps.find(map => map.name === name)?.keepsFailed;
  const failed = slot ? keepsFailed && slot.lastFiring?.failure : answer?.body?.failed;
  return html`<nav aria-label="Breadcrumb"><a href="./">Overview</a> / <a href=${address({map: name})}>${name}</a></nav>
    <h1><span class="code">${shown(key)}</span> ${slot ? states(slot) : nothing}</h1>
    ${!answer ? html`<p>Asking the endpoint.</p>` : slot ? nothing : html`<p class="problem">${answer.status === 404
      ? 'There is no such slot now.' : answer.body?.error ?? `The endpoint answered ${answer.status}.`}</p>`}
    ${slot?.explanation ? story(slot.explanation) : answer?.body?.explanation ? story(answer.body.explanation) : nothing}
    ${session.write && answer && (slot || answer.status === 404) ? actions(slot, failed, acts) : nothing}
    ${slot ? html`${facts(slot)}${history(slot.history)}${slot.measure ? measure(slot.measure) : nothing}` : nothing}`;
}
