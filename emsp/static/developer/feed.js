// Keeps the feed up to date: asks every two seconds while the page can be seen.
(() => {
  "use strict";
  const rows = document.getElementById("feed");
  if (!rows) return;

  const ask = async () => {
    if (document.hidden || rows.contains(document.activeElement)) return; // who is on a link keeps it
    try {
      const answer = await fetch(rows.dataset.url, { redirect: "error" });
      if (!answer.ok) return;
      const text = await answer.text();
      if (text !== rows.dataset.shown) {
        rows.dataset.shown = text;
        rows.innerHTML = text; // made and escaped by our own templates
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // away for now: ask again
    }
  };
  setInterval(ask, 2000);
})();
