// The live overview. The stream is closed while nobody can see the page, and made anew with growing pauses when it broke or
// fell silent: when the network changes, a connection can be gone without a word.

const SILENCE = 15000;
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30000;

/** Calls back with each overview. */
export function follow(seen) {
  const state = document.getElementById('live');
  const button = document.getElementById('hold');
  let stream = null;
  let timer = 0;
  let pause = FIRST_PAUSE;
  let held = false;

  const say = (text, name) => {
    if (state.textContent !== text) state.textContent = text;
    state.className = name;
  };

  const close = () => {
    clearTimeout(timer);
    stream?.close();
    stream = null;
  };

  const lost = () => {
    close();
    say('Connection lost, trying again', 'lost');
    timer = setTimeout(open, pause);
    pause = Math.min(LONGEST_PAUSE, pause * 2);
  };

  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(lost, SILENCE);
  };

  const open = () => {
    close();
    if (held || document.hidden) return;
    stream = new EventSource('feed');
    listen();
    stream.onmessage = message => {
      listen();
      pause = FIRST_PAUSE;
      const overview = JSON.parse(message.data);
      if (overview === null) { // a sign of life, while the server cannot read its counters
        say('No new numbers', 'lost');
        return;
      }
      say('Live', 'live');
      seen(overview);
    };
    stream.onerror = lost;
  };

  button.addEventListener('click', () => {
    held = !held;
    button.setAttribute('aria-pressed', held);
    if (held) {
      close();
      say('On hold', 'held');
    } else {
      open();
    }
  });
  document.addEventListener('visibilitychange', () => document.hidden ? close() : open());
  addEventListener('pagehide', close);
  addEventListener('pageshow', event => { if (event.persisted) open(); });
  say('Connecting', 'lost');
  open();
}
