// Comfort only: suggests classes of the industry standard while a code, a name or pinyin is typed.
// Without it a code or a name is typed, and looked up on a page of its own.
(() => {
  "use strict";

  const WAIT = 200;

  const suggest = (field) => {
    const said = document.getElementById(`${field.id}-said`);
    const known = new Map();
    let found = [];
    let at = -1;
    let waiting = 0;
    let asked = 0;

    const list = document.createElement("ul");
    list.id = `${field.id}-found`;
    list.className = "suggestions";
    list.lang = "zh-CN";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", document.querySelector(`label[for="${field.id}"]`)?.textContent.trim() ?? "");
    field.after(list);
    field.parentElement.classList.add("suggested");
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", list.id);
    field.setAttribute("aria-expanded", "false");

    const say = () => {
      if (said) said.textContent = known.get(field.value.trim()) ?? "";
    };

    const close = () => {
      list.hidden = true;
      at = -1;
      field.setAttribute("aria-expanded", "false");
      field.removeAttribute("aria-activedescendant");
    };

    const point = (to) => {
      at = to;
      [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
      list.children[at]?.scrollIntoView({ block: "nearest" });
      field.setAttribute("aria-activedescendant", at < 0 ? "" : list.children[at].id);
    };

    const choose = (place) => {
      field.value = found[place].code;
      close();
      say();
      field.dispatchEvent(new Event("change", { bubbles: true }));
    };

    const show = () => {
      list.replaceChildren(
        ...found.map((one, place) => {
          const item = document.createElement("li");
          item.id = `${list.id}-${place}`;
          item.textContent = `${one.code} ${one.name}`;
          item.setAttribute("role", "option");
          item.setAttribute("aria-selected", "false");
          item.addEventListener("mousedown", (event) => {
            event.preventDefault();
            choose(place);
          });
          return item;
        }),
      );
      if (!found.length || document.activeElement !== field) {
        close();
        return;
      }
      at = -1;
      list.hidden = false;
      field.setAttribute("aria-expanded", "true");
    };

    const ask = async (open) => {
      const text = field.value.trim();
      const turn = ++asked;
      if (!text) {
        close();
        say();
        return;
      }
      try {
        const address = `${field.dataset.industries}?q=${encodeURIComponent(text)}`;
        const answer = await fetch(address, { headers: { Accept: "application/json" } });
        if (!answer.ok) return;
        const rows = await answer.json();
        rows.forEach((one) => known.set(one.code, one.name));
        if (turn === asked && open) {
          found = rows;
          show();
        }
      } catch {
        // Without suggestions a code can be typed all the same.
      }
      say();
    };

    field.addEventListener("input", () => {
      say();
      clearTimeout(waiting);
      waiting = setTimeout(() => ask(true), WAIT);
    });
    field.addEventListener("blur", () => {
      clearTimeout(waiting);
      asked += 1;
      close();
    });
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (list.hidden) {
        if (event.key === "ArrowDown") ask(true);
        return;
      }
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const step = event.key === "ArrowDown" ? 1 : -1;
        point(at < 0 && step < 0 ? found.length - 1 : (at + step + found.length) % found.length);
      } else if (event.key === "Enter" && at >= 0) {
        event.preventDefault();
        choose(at);
      } else if (event.key === "Escape") {
        event.preventDefault();
        close();
      }
    });
    ask(false);
  };

  document.querySelectorAll("[data-industries]").forEach(suggest);
})();
