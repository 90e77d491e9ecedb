// Comfort only: suggests classes of the industry standard while a code or a name is typed.
(() => {
  "use strict";

  const field = document.querySelector("[data-industries]");
  if (!field) return;
  const list = document.getElementById("industry-list");
  const said = document.getElementById("industry-name");
  const known = new Map();
  let waiting = 0;

  const say = () => { said.textContent = known.get(field.value.trim()) ?? ""; };

  const ask = async () => {
    const text = field.value.trim();
    if (!text) {
      say();
      return;
    }
    try {
      const address = `${field.dataset.industries}?q=${encodeURIComponent(text)}`;
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const found = await answer.json();
      found.forEach((one) => known.set(one.code, one.name));
      list.replaceChildren(...found.map((one) => new Option(`${one.code} ${one.name}`, one.code)));
    } catch {
      // Without suggestions a code can be typed all the same.
    }
    say();
  };

  field.addEventListener("input", () => {
    say();
    clearTimeout(waiting);
    waiting = setTimeout(ask, 200);
  });
  ask();
})();
