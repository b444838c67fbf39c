// Loads the page again if one of its modules got lost, as when the network changes: a module comes only with a new page. After
// some tries it says so. This script runs first and is no module itself.
(() => {
  const NAME = 'asyncslot-reloads';
  const TRIES = 5;
  const PAUSE = 2000;

  const clear = () => { try { sessionStorage.removeItem(NAME); } catch { /* nothing was counted */ } };

  const mayReload = () => {
    try {
      const tries = Number(sessionStorage.getItem(NAME));
      sessionStorage.setItem(NAME, tries + 1);
      return tries < TRIES;
    } catch {
      return false; // without a count it would never end
    }
  };

  document.addEventListener('load', event => { if (event.target.type === 'module') clear(); }, true);
  document.addEventListener('error', event => {
    if (event.target.type !== 'module') return;
    if (mayReload()) {
      setTimeout(() => location.reload(), PAUSE);
    } else {
      clear();
      document.getElementById('live').textContent = 'A file of this page is missing. Load the page again.';
    }
  }, true);
})();
