// The theme that the viewer chose, else that of the system. Runs before the page is drawn, so it is no module.
(() => {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const chosen = () => { try { return localStorage.getItem('asyncslot-theme'); } catch { return null; } };
  const isDark = () => (root.dataset.theme ?? (system.matches ? 'dark' : 'light')) === 'dark';
  if (chosen()) {
    root.dataset.theme = chosen();
  }
  document.addEventListener('DOMContentLoaded', () => {
    const button = document.getElementById('theme');
    const name = () => { button.textContent = isDark() ? 'Light' : 'Dark'; };
    system.addEventListener('change', name);
    button.addEventListener('click', () => {
      root.dataset.theme = isDark() ? 'light' : 'dark';
      try { localStorage.setItem('asyncslot-theme', root.dataset.theme); } catch { /* for this page only */ }
      name();
    });
    name();
  });
})();
