// What the page asks of the server: who looks, and the Actuator endpoint.
import {address} from './text.js';

const PATIENCE = 60000;
const PAUSE = 2000;

/** Ends a request. Older browsers have no such limit. */
const limit = () => AbortSignal.timeout?.(PATIENCE);

/** There was no answer, or one of a proxy in place of the server. */
class NoAnswer extends Error {}

/** Who looks, what the endpoint allows, and the token that writes need. A redirect leads to a login page. */
export async function session() {
  const options = {headers: {Accept: 'application/json'}, redirect: 'manual', signal: limit()};
  const answer = await fetch('session', options).catch(problem => { throw new NoAnswer(problem.message); });
  if (answer.status >= 500) throw new NoAnswer(`the server answered ${answer.status}`);
  if (!answer.ok || !answer.headers.get('content-type')?.includes('json')) {
    throw new Error(`The server does not know you any more${answer.status ? ` (${answer.status})` : ''}. Load the page again.`);
  }
  return answer.json();
}

async function ask(path, parameters, options) {
  const {endpoint} = await known;
  const answer = await fetch(`${endpoint}${path}${address(parameters)}`, {...options, headers: {Accept: 'application/json', ...options.headers}});
  const text = await answer.text();
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    // told by the status
  }
  return {status: answer.status, body};
}

/** The session, asked for until the server answers. */
const first = () => session().catch(problem => {
  if (!(problem instanceof NoAnswer)) throw problem;
  document.getElementById('live').textContent = 'No answer, trying again';
  return new Promise(resolve => setTimeout(resolve, PAUSE)).then(first);
});

export const known = first();

/** Reads from the endpoint: its status and what it says. An answer that never comes must not keep the page from asking again. */
export const read = (path, parameters = {}) => ask(path, parameters, {signal: limit()});

/** Writes to a map or a slot. Says in one sentence what came of it, whether it was done, and whether all such writes are refused. */
export async function write(map, request) {
  const {csrfHeader, csrfToken} = await session();
  const headers = {'Content-Type': 'application/json'};
  if (csrfHeader) headers[csrfHeader] = csrfToken;
  const {status, body} = await ask(`/${encodeURIComponent(map)}`, {}, {method: 'POST', headers, body: JSON.stringify(request)});
  if (status === 401 || status === 403) {
    return {done: false, refused: true, text: `Refused: you may not ${request.action} slots (${status}).`};
  }
  if (status === 405) {
    return {done: false, refused: true, text: 'Refused: the endpoint is read-only (management.endpoint.asyncslots.access).'};
  }
  if (status !== 200) {
    return {done: false, text: `Not done: ${body?.error ?? `the server answered ${status}`}.`};
  }
  const outcome = body.outcome ?? Object.entries(body.outcomes).map(([name, times]) => `${times} ${name}`).join(', ');
  return {done: true, text: `${request.action}: ${outcome}.`};
}
