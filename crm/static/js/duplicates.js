// Comfort only: what a lead looks like is shown while its name, investor or credit code is typed.
(() => {
  "use strict";

  const box = document.querySelector("[data-duplicates]");
  if (!box) return;
  const names = ["name", "investor", "credit_code"];
  const fields = names.map((name) => document.getElementById(name)).filter((field) => field && field.tagName === "INPUT");
  if (fields.length < names.length) return;
  const [name] = fields;
  name.closest("fieldset").after(box);
  let waiting = 0;
  let latest = 0;
  let shown = "";

  const made = (tag, text, attributes = {}) => {
    const element = document.createElement(tag);
    element.textContent = text;
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    return element;
  };

  const line = (one) => {
    const item = document.createElement("li");
    const what = made("span", "");
    what.append(made("a", one.label, { href: one.href, target: "_blank", rel: "noopener" }), ` ${one.number}`);
    const more = made("span", "", { class: "moves-what" });
    more.append(made("span", one.why, { class: `badge-plain badge-${one.mark}` }), ` ${one.unit} ${one.kind}`);
    item.append(one.since || "—", " ", what, " ", more);
    return item;
  };

  const show = (answer) => {
    const list = made("ul", "", { class: "moves" });
    list.append(...answer.found.map(line));
    box.replaceChildren(made("p", answer.summary), ...(answer.found.length ? [list] : []));
    box.hidden = false;
  };

  const ask = async () => {
    const given = new URLSearchParams({ json: "1" });
    fields.forEach((field) => given.set(field.name, field.value.trim()));
    if (!given.get("name") && !given.get("credit_code")) {
      box.hidden = true;
      return;
    }
    if (given.toString() === shown) return;
    const turn = ++latest;
    try {
      const answer = await fetch(`${box.dataset.duplicates}?${given}`, { headers: { Accept: "application/json" } });
      // an answer that comes after a later question is of no use
      if (!answer.ok || turn !== latest) return;
      show(await answer.json());
      shown = given.toString();
    } catch {
      // Sending the form asks the same.
    }
  };

  fields.forEach((field) => field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 350);
  }));
})();
