// Keeps the sync page up to date: asks every two seconds while the page can be seen.
(() => {
  "use strict";
  const list = document.getElementById("progress");
  if (!list) return;
  const EMPTY = { high_water: "none", last_complete: "never" };

  const show = (row) => {
    const card = list.querySelector(`[data-module="${row.module}"]`);
    if (!card) return;
    card.dataset.state = row.state;
    for (const place of card.querySelectorAll("[data-show]")) {
      const text = String(row[place.dataset.show] || EMPTY[place.dataset.show] || (row[place.dataset.show] === 0 ? "0" : ""));
      if (place.textContent !== text) place.textContent = text;
      if (place.dataset.show === "state") place.dataset.verdict = row.state;
    }
    const bar = card.querySelector("progress");
    bar.toggleAttribute("data-idle", row.percent === null);
    bar.value = row.percent ?? 0;
  };

  const ask = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(list.dataset.url, { headers: { Accept: "application/json" } });
      if (answer.ok) (await answer.json()).modules.forEach(show);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error; // away for now: ask again
    }
  };
  setInterval(ask, 2000);
})();
