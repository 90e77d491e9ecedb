// A part of a page that changes while work goes on behind it is fetched again; without this, reloading shows the same.
(() => {
  "use strict";

  const part = document.querySelector("[data-live]");
  if (!part) return;
  const again = () => setTimeout(ask, document.hidden ? 10000 : 1500);

  const ask = async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.querySelector("[data-live]");
      if (!found && part.dataset.live === "whole") {
        // What was waited for is over: the page has something else to show.
        location.reload();
        return;
      }
      const now = found || page.querySelector(`#${part.id}`);
      // Whoever stands on a button with the keyboard is not thrown off it.
      if (now && !part.contains(document.activeElement)) part.innerHTML = now.innerHTML;
      if (!found) return;
    } catch {
      // The server may be away for a moment: the next time will tell.
    }
    again();
  };
  again();
})();
