// Comfort only: suggests enterprises of the books while a name or a credit code is typed.
(() => {
  "use strict";

  document.querySelectorAll("[data-companies]").forEach((field) => {
    const list = document.getElementById(field.getAttribute("list"));
    let waiting = 0;

    const ask = async () => {
      const text = field.value.trim();
      if (!text) return;
      try {
        const address = `${field.dataset.companies}?q=${encodeURIComponent(text)}`;
        const answer = await fetch(address, { headers: { Accept: "application/json" } });
        if (!answer.ok || field.value.trim() !== text) return;
        const found = await answer.json();
        list.replaceChildren(...found.map((one) => new Option("", `${one.name} ${one.credit_code}`.trim())));
      } catch {
        // Without suggestions a name can be typed all the same.
      }
    };

    field.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(ask, 200);
    });
  });
})();
