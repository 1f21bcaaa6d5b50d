// Follows a session by server-sent events, or by asking every two seconds where no stream is to be had.
// Fills in new numbers, and shows the page anew when its buttons change.
(() => {
  "use strict";
  const block = document.querySelector("[data-session]");
  if (!block) return;
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  const ago = block.querySelector("[data-ago]");

  const put = (told) => {
    for (const node of document.querySelectorAll("[data-live]")) {
      const value = told[node.dataset.live];
      if (node.tagName === "PROGRESS") node.value = value;
      else if (node.textContent !== value) node.textContent = value;
    }
    if (ago && told.updated_at) ago.dateTime = told.updated_at;
    sayAgo();
  };
  const sayAgo = () => {
    if (!ago || !ago.dateTime) return;
    const seconds = Math.max(0, Math.round((Date.now() - Date.parse(ago.dateTime)) / 1000));
    ago.textContent = new Intl.RelativeTimeFormat(document.documentElement.lang).format(
      seconds < 90 ? -seconds : -Math.round(seconds / 60), seconds < 90 ? "second" : "minute");
  };
  const ask = () => {
    if (!token) return;
    const body = new URLSearchParams({ csrfmiddlewaretoken: token });
    return fetch(block.dataset.refresh, { method: "POST", body, redirect: "manual" });
  };
  const take = async (told) => {
    if (told.page !== block.dataset.page) return location.reload();
    put(told);
    if (told.ask && !document.hidden) await ask();
  };
  const look = async () => {
    try {
      const answer = await fetch(block.dataset.session, { headers: { Accept: "application/json" } });
      if (answer.ok) await take(await answer.json());
    } catch {
      sayAgo(); // offline for a moment: the numbers stay, their age is shown
    }
    setTimeout(look, document.hidden ? 10000 : 2000);
  };
  const follow = () => {
    const stream = new EventSource(block.dataset.events);
    stream.onmessage = (event) => { take(JSON.parse(event.data)).catch(sayAgo); };
    stream.onerror = () => { if (stream.readyState === EventSource.CLOSED) look(); };
    addEventListener("pagehide", () => stream.close());
    setInterval(sayAgo, 1000);
  };
  if (window.EventSource) follow(); else look();
})();
