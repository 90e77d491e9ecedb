// Comfort only: j and k go down and up the desk, Enter opens what the focus is on, as with any link.
(() => {
  "use strict";

  const links = [...document.querySelectorAll(".desk-link")];
  if (!links.length) return;
  document.querySelectorAll(".desk-keys").forEach((hint) => { hint.hidden = false; });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "")) return;
    const step = { j: 1, k: -1 }[event.key];
    if (!step) return;
    const at = links.indexOf(document.activeElement);
    const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step;
    if (links[next]) {
      event.preventDefault();
      links[next].focus();
    }
  });
})();
