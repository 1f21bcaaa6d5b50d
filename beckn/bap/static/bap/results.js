// Keeps the status of the stations fresh: once a minute while the page is looked at, for a quarter of an hour.
(() => {
  "use strict";
  const form = document.querySelector("[data-look-again]");
  if (!form) return;
  const EVERY_MS = 60000, AT_MOST = 15;
  const count = Number(sessionStorage.getItem(form.action) || 0);
  if (count >= AT_MOST) return;
  const wait = (ms) => setTimeout(look, ms);
  const look = async () => {
    if (document.hidden || document.querySelector("details[open]")) return wait(5000);
    try {
      await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
    } catch {
      return wait(EVERY_MS); // offline for a moment: the list stays, its time is shown
    }
    sessionStorage.setItem(form.action, count + 1);
    setTimeout(() => location.reload(), 1500);
  };
  wait(EVERY_MS);
})();
