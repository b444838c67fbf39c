// Chooses the page by the parameters of its address, and keeps it up to date.
import {html, nothing, render} from './lit-html.js';
import {known, read, write} from './api.js';
import {follow} from './live.js';
import {DROPS, ON_FAILED, mapPage, parameters, shown} from './map.js';
import {overview} from './overview.js';
import {slotPage} from './slot.js';
import {count, number} from './text.js';

const OFTEN = 5000;
const SHARE = 20;
const NAMED = 10;

const query = new URLSearchParams(location.search);
const name = query.get('map');
const key = query.get('key');
const content = document.getElementById('content');
const done = document.getElementById('done');
let session = {write: false};
let live = null;
let answer = null;

/** How often the endpoint was asked, or its answer ruled out: only the answer to the latest question is shown. */
let turn = 0;

/** The keys that are selected: by key, because a row shows another one after the next answer. */
const selected = new Set();

const acts = {
  map: action => act(`${action === 'pause' ? 'Pause' : 'Resume'} the map ${name}?`, [{action}]),
  slot: (action, delay = null) => act(`${capital(action)} the ${about(action)} ${key}?`, [delay ? {key, action, delay} : {key, action}]),
  selection: action => {
    const keys = [...selected];
    return keys.length === 0 ? say('Select slots first.', false)
      : act(`${capital(action)} ${count(keys.length, subject(action))}?`, keys.map(each => ({key: each, action})), some(keys));
  },
  select: (keys, on) => {
    keys.forEach(each => on ? selected.add(each) : selected.delete(each));
    turn++; // an answer under way would put other keys into the rows
    draw();
  },
};

const subject = action => ON_FAILED.includes(action) ? 'failed firing' : 'slot';
const about = action => ON_FAILED.includes(action) ? 'failed firing of' : 'slot';
const capital = text => text[0].toUpperCase() + text.slice(1);

/** The keys of a question: a row may have changed just before it was selected. */
const some = keys => html`<p class="code">${keys.slice(0, NAMED).map((each, i) => [i ? ', ' : nothing, shown(each)])}${
  keys.length > NAMED ? ` and ${number(keys.length - NAMED)} more` : nothing}</p>`;

function say(text, good) {
  done.textContent = text;
  done.className = good ? 'good' : 'bad';
}

/** Asks, does it, says what came of it, and reads again. */
async function act(question, requests, note = nothing) {
  if (!await confirmed(question, requests[0].action, note)) return;
  const results = [];
  try {
    for (const request of requests) {
      results.push(await write(name, request));
      if (results.at(-1).refused) break; // the others would be as well
    }
  } catch (problem) {
    results.push({done: false, text: `Not done: ${problem.message}`});
  }
  const texts = [...new Set(results.map(result => result.text))].join(' ');
  const successes = results.filter(result => result.done).length;
  say(requests.length > 1 ? `${successes} of ${count(requests.length, 'slot')}: ${texts}` : texts, successes === requests.length);
  requests.forEach(request => selected.delete(request.key));
  if (selected.size === 0) await load();
  else draw(); // no row moves while some are selected
}

/**
 * Each question has its own dialog. A browser tells that one was closed a frame later, when quick keys may have opened the
 * next: in a dialog that both share, this end would answer the new question, and the new one would overwrite the old answer.
 */
function confirmed(question, action, note) {
  const dialog = document.createElement('dialog');
  dialog.setAttribute('aria-label', question);
  render(html`<form method="dialog"><h2>${question}</h2>${note}
    <p class="actions"><button value="no" autofocus>Keep as it is</button>
      <button value="yes" class=${DROPS.has(action) ? 'hot' : ''}>${capital(action)}</button></p></form>`, dialog);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise(resolve => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
  });
}

function draw() {
  const missing = session.endpoint === null ? html`<p class="problem">The Actuator endpoint is not exposed, so slots and backends
    cannot be shown. Add <code>asyncslots</code> to <code>management.endpoints.web.exposure.include</code>.</p>` : nothing;
  const page = name === null ? overview(live, answer)
    : key === null ? mapPage({name, query, answer, live, session, acts, selected}) : slotPage({name, key, answer, live, session, acts});
  render(html`${missing}${page}`, content);
}

/** Whether an answer came. */
async function load() {
  if (session.endpoint === null) return true;
  const mine = ++turn;
  let came = true;
  try {
    const told = name === null ? await read('')
      : key === null ? await read(`/${encodeURIComponent(name)}`, parameters(query))
      : await read(`/${encodeURIComponent(name)}`, {key});
    if (mine === turn) {
      answer = told;
      const shownKeys = new Set((told.body?.slots ?? []).map(slot => slot.key));
      selected.forEach(each => shownKeys.has(each) || selected.delete(each)); // what is not shown cannot be unticked
    }
  } catch {
    came = false; // the live feed tells that the connection is lost
  }
  draw();
  return came;
}

/** Reads again while the page is looked at and nothing is selected, the more rarely the longer an answer takes to come. */
async function keep() {
  const began = performance.now();
  const held = document.getElementById('hold').getAttribute('aria-pressed') === 'true';
  const came = document.hidden || held || selected.size > 0 || await load();
  setTimeout(keep, came ? Math.max(OFTEN, (performance.now() - began) * SHARE) : OFTEN);
}

document.title = [key === '' ? 'empty key' : key, name, 'AsyncSlot'].filter(Boolean).join(' · ');
try {
  session = await known;
  document.getElementById('user').textContent = session.user ?? '';
  draw();
  follow(overview => {
    const first = live === null;
    live = overview;
    if (key === null || first) draw();
  });
  await keep();
} catch (problem) {
  render(html`<p class="problem">${problem.message}</p>`, content);
}
