// Chooses the page by the parameters of its address, and keeps it up to date.
import {html, nothing, render} from './lit-html.js';
import {known, read, write} from './api.js';
import {follow} from './live.js';
import {DROPS, ON_FAILED, mapPage, parameters} from './map.js';
import {overview} from './overview.js';
import {slotPage} from './slot.js';
import {count} from './text.js';

const OFTEN = 5000;
const SHARE = 20;

const query = new URLSearchParams(location.search);
const name = query.get('map');
const key = query.get('key');
const content = document.getElementById('content');
const done = document.getElementById('done');
let session = {write: false};
let live = null;
let answer = null;

/** The keys that are selected: by key, because a row shows another one after the next answer. */
const selected = new Set();

const acts = {
  map: action => act(`${action === 'pause' ? 'Pause' : 'Resume'} the map ${name}?`, [{action}]),
  slot: (action, delay = null) => act(`${capital(action)} the ${about(action)} ${key}?`, [delay ? {key, action, delay} : {key, action}]),
  selection: action => {
    const keys = [...selected];
    return keys.length === 0 ? say('Select slots first.', false)
      : act(`${capital(action)} ${count(keys.length, subject(action))}?`, keys.map(each => ({key: each, action})));
  },
  select: (keys, on) => {
    keys.forEach(each => on ? selected.add(each) : selected.delete(each));
    draw();
  },
};

const subject = action => ON_FAILED.includes(action) ? 'failed firing' : 'slot';
const about = action => ON_FAILED.includes(action) ? 'failed firing of' : 'slot';
const capital = text => text[0].toUpperCase() + text.slice(1);

function say(text, good) {
  done.textContent = text;
  done.className = good ? 'good' : 'bad';
}

/** Asks, does it, says what came of it, and reads again. */
async function act(question, requests) {
  if (!await confirmed(question, requests[0].action)) return;
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
  selected.clear();
  await load();
}

function confirmed(question, action) {
  const dialog = document.getElementById('confirm');
  render(html`<form method="dialog"><h2 id="question">${question}</h2>
    <p class="actions"><button value="no" autofocus>Keep as it is</button>
      <button value="yes" class=${DROPS.has(action) ? 'hot' : ''}>${capital(action)}</button></p></form>`, dialog);
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise(resolve => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), {once: true});
  });
}

function draw() {
  const missing = session.endpoint === null ? html`<p class="problem">The Actuator endpoint is not exposed, so slots and backends
    cannot be shown. Add <code>asyncslots</code> to <code>management.endpoints.web.exposure.include</code>.</p>` : nothing;
  const page = name === null ? overview(live, answer)
    : key === null ? mapPage({name, query, answer, live, session, acts, selected}) : slotPage({name, key, answer, live, session, acts});
  render(html`${missing}${page}`, content);
}

async function load() {
  if (session.endpoint === null) return;
  try {
    answer = name === null ? await read('')
      : key === null ? await read(`/${encodeURIComponent(name)}`, parameters(query))
      : await read(`/${encodeURIComponent(name)}`, {key});
  } catch {
    // the live feed tells that the connection is lost
  }
  draw();
}

/** Reads again while the page is looked at and nothing is selected, the more rarely the longer an answer takes. */
async function keep() {
  const began = performance.now();
  const held = document.getElementById('hold').getAttribute('aria-pressed') === 'true';
  if (!document.hidden && !held && selected.size === 0) await load();
  setTimeout(keep, Math.max(OFTEN, (performance.now() - began) * SHARE));
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
