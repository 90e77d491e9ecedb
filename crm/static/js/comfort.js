// Comfort only: every page works without it.
(() => {
  "use strict";

  const menus = () => document.querySelectorAll("details.menu[open]");

  // A menu closes when the person goes elsewhere, and with Escape.
  document.addEventListener("click", (event) => {
    menus().forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      menus().forEach((menu) => {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
    }
    // "/" goes to the search field, as in many lists.
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = document.querySelector("input[type=search]");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    }
  });

  // Fields left empty stay out of the address, so that it can be read and shared.
  document.querySelectorAll("form[method=get]").forEach((form) => {
    form.addEventListener("submit", () => {
      form.querySelectorAll("input, select").forEach((field) => {
        if (field.value === "") field.disabled = true;
      });
      setTimeout(() => form.querySelectorAll(":disabled").forEach((field) => { field.disabled = false; }), 0);
    });
  });

  // A form that takes its time is sent once.
  document.querySelectorAll("form[data-once]").forEach((form) => {
    form.addEventListener("submit", () => {
      const button = form.querySelector("button[type=submit]");
      if (button) setTimeout(() => { button.disabled = true; }, 0);
    });
  });

  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
})();
