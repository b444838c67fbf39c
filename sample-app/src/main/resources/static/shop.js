// The shop's page: asks the shop's own endpoints once a second, and shows what they say. No text becomes markup.

const $ = id => document.getElementById(id);
const carts = new Map(); // id -> {state, items, left, story, actions}
let watched;

async function ask(path, method = 'GET', body) {
  const response = await fetch(path, {
    method,
    headers: body ? {'content-type': 'application/json'} : {},
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await response.text();
  const answer = text ? JSON.parse(text) : {};
  if (!response.ok) {
    throw Object.assign(new Error(answer.detail ?? answer.error ?? response.statusText), {answer});
  }
  return answer;
}

function say(text) {
  $('said').textContent = text;
}

function element(name, text, attributes = {}) {
  return Object.assign(document.createElement(name), {textContent: text}, attributes);
}

// Seconds of an ISO 8601 duration.
function seconds(duration) {
  const [, hours = 0, minutes = 0, rest = 0] = /^PT?(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?$/.exec(duration ?? '') ?? [];
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);
}

function left(duration) {
  const whole = Math.ceil(seconds(duration));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

async function act(id, what) {
  const actions = {
    'Add a cup': () => ask(`carts/${id}/items`, 'POST', {productId: 'cup', quantity: 1}),
    'I am here': () => ask(`carts/${id}/ping`, 'POST'),
    'Leave': () => ask(`carts/${id}`, 'DELETE'),
    'Order': () => ask('orders', 'POST', {cartId: id}),
  };
  watched = id;
  try {
    await actions[what]();
    say('');
  } catch (problem) {
    say(problem.message);
  }
  await look();
}

async function lookAt(id) {
  const cart = await ask(`carts/${id}`);
  let slot;
  try {
    slot = await ask(`actuator/asyncslots/reservation/${id}`);
  } catch (problem) {
    slot = problem.answer ?? {};
  }
  carts.set(id, {
    state: cart.state,
    items: cart.items.map(item => `${item.quantity} ${item.productId}`).join(', '),
    left: slot.armed ? left(slot.timeLeft) : '',
    story: (slot.explanation ?? []).join(' '),
  });
}

function showCarts() {
  $('none').hidden = carts.size > 0;
  const rows = [...carts].reverse().map(([id, cart]) => {
    const row = document.createElement('tr');
    row.dataset.cart = id;
    row.append(
        element('td', id.slice(0, 8)), element('td', cart.state), element('td', cart.items), element('td', cart.left));
    const cell = document.createElement('td');
    for (const what of cart.state === 'OPEN' ? ['I am here', 'Add a cup', 'Order', 'Leave'] : []) {
      const button = element('button', what);
      button.addEventListener('click', () => act(id, what));
      cell.append(button);
    }
    row.append(cell);
    return row;
  });
  const focused = document.activeElement?.closest?.('#carts tr')?.dataset.cart;
  const label = document.activeElement?.textContent;
  $('carts').replaceChildren(...rows);
  if (focused) {
    const again = rows.find(row => row.dataset.cart === focused);
    [...again?.querySelectorAll('button') ?? []].find(button => button.textContent === label)?.focus();
  }
  const story = carts.get(watched)?.story;
  $('story').hidden = !story;
  $('story').textContent = story ?? '';
}

function showMaps(maps) {
  $('maps').replaceChildren(...Object.entries(maps).map(([name, map]) => {
    const row = document.createElement('tr');
    const moved = (map.rearmed ?? 0) + (map.moved ?? 0);
    const gone = (map.cancelled ?? 0) + (map.deletedArmed ?? 0);
    const late = map.late?.p99 ? `${(seconds(map.late.p99) * 1000).toFixed(1)} ms` : '';
    for (const value of [name, map.armed, map.running, map.started, moved, map.fired, gone, late]) {
      row.append(element('td', typeof value === 'number' ? value.toLocaleString('en') : value ?? ''));
    }
    return row;
  }));
}

function showLedger(stats) {
  const count = counts => Object.entries(counts).map(([state, n]) => `${n.toLocaleString('en')} ${state.toLowerCase()}`).join(', ');
  const lines = {
    Carts: count(stats.carts) || 'none',
    Orders: count(stats.orders) || 'none',
    'Pieces reserved': stats.reserved.toLocaleString('en'),
    'A reservation lasts': left(stats.reservation),
  };
  $('ledger').replaceChildren(...Object.entries(lines).flatMap(([name, value]) => [element('dt', name), element('dd', value)]));
}

let looking;

async function look() {
  if (document.hidden || looking) {
    return;
  }
  looking = true;
  try {
    await Promise.all([...carts.keys()].slice(-8).map(lookAt));
    const [slots, stats] = await Promise.all([ask('actuator/asyncslots'), ask('stats')]);
    showCarts();
    showMaps(slots.maps);
    showLedger(stats);
  } catch (problem) {
    say(`The shop does not answer: ${problem.message}`);
  } finally {
    looking = false;
  }
}

async function during(button, work) {
  button.disabled = true;
  try {
    await work();
  } catch (problem) {
    say(problem.message);
  } finally {
    button.disabled = false;
  }
  await look();
}

$('open').addEventListener('click', () => during($('open'), async () => {
  const cart = await ask('carts', 'POST');
  watched = cart.id;
  await lookAt(cart.id);
}));

$('crowd').addEventListener('click', () => during($('crowd'), async () => {
  const begun = performance.now();
  say('They come.');
  await ask('crowd?visitors=1000', 'POST');
  say(`1,000 carts opened in ${((performance.now() - begun) / 1000).toFixed(1)} s.`);
}));

$('kill').addEventListener('click', async () => {
  await ask('node', 'DELETE').catch(() => {});
  $('kill').disabled = true;
  say('This shop is gone. Its timers fire at the others: open one of them.');
});

document.addEventListener('visibilitychange', look);
setInterval(look, 1000);
look();

ask('node').then(node => {
  $('node').textContent = node.killable ? `${node.name}, port ${node.port}` : '';
  $('kill').hidden = !node.killable;
});
fetch('asyncslots', {method: 'HEAD'}).then(response => {
  $('dashboard').hidden = !response.ok;
}, () => {});
