// Counts down to the moments the page names.
(() => {
  "use strict";
  const two = (n) => String(n).padStart(2, "0");
  const clocks = [...document.querySelectorAll("[data-countdown]")].map((node) => ({
    node, text: node.textContent, end: Date.parse(node.dateTime),
  }));
  if (!clocks.length) return;
  const tick = () => {
    for (const { node, text, end } of clocks) {
      const left = Math.max(0, Math.round((end - Date.now()) / 1000));
      const clock = `${two(Math.floor(left / 60))}:${two(left % 60)}`;
      if (left === 0) node.textContent = node.dataset.over || text;
      else node.textContent = "short" in node.dataset ? clock : `${text} (${clock})`;
    }
  };
  tick();
  setInterval(tick, 1000);
})();
