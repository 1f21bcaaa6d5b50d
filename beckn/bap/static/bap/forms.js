// Small helps for forms: no double click, a button that prints, radios and "another amount" that agree.
(() => {
  "use strict";
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", () => setTimeout(() => { // after the form was read: the button may carry a value
      for (const button of form.querySelectorAll("button:not([type=button])")) button.disabled = true;
    }));
  }
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const button of document.querySelectorAll("button[disabled]")) button.disabled = false;
  });
  for (const button of document.querySelectorAll("[data-print]")) {
    button.addEventListener("click", () => print());
  }
  const other = document.querySelector(".quick input[name=other]");
  const quick = document.querySelectorAll(".quick input[name=quick]");
  other?.addEventListener("input", () => { if (other.value) quick.forEach((radio) => { radio.checked = false; }); });
  quick.forEach((radio) => radio.addEventListener("change", () => { other.value = ""; }));
})();
