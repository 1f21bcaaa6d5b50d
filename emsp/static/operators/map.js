// The map of sites and the list beside it; both show what the server says of the window. Works without tiles.
(() => {
  "use strict";
  const box = document.getElementById("map");
  const filters = document.getElementById("filters");
  if (!box || !window.L) return;
  const list = document.getElementById("sites");
  const told = document.getElementById("told");
  const map = L.map(box, { minZoom: 2, maxZoom: 18, zoomAnimation: false, fadeAnimation: false, worldCopyJump: true });
  map.attributionControl.setPrefix(false);
  if (box.dataset.tiles) {
    const tiles = L.tileLayer(box.dataset.tiles, { attribution: box.dataset.attribution, maxZoom: 18 });
    let failed = 0;
    tiles.on("tileload", () => { failed = -Infinity; });
    tiles.on("tileerror", () => {
      failed += 1;
      if (failed < 2 || box.classList.contains("no-tiles")) return;
      tiles.remove();
      box.classList.add("no-tiles");
      map.attributionControl.addAttribution("map tiles unavailable");
    });
    tiles.addTo(map);
  } else box.classList.add("no-tiles");
  const layer = L.layerGroup().addTo(map);
  const address = (site) => box.dataset.site.replace("/0/", `/${site.pk}/`);
  const count = (number) => number.toLocaleString("en");
  const STATES = { free: (site) => `${site.free} of ${site.all} free`, busy: () => "all in use", broken: () => "none usable" };

  const pin = (kind, text) => {
    const mark = document.createElement("div");
    mark.className = `op-pin ${kind}`;
    const inner = document.createElement("span");
    inner.textContent = text;
    mark.append(inner);
    return L.divIcon({ className: "op-pin-place", html: mark, iconSize: [0, 0] });
  };

  const addPin = (site) => {
    const words = `${site.name}, ${STATES[site.state](site)}`;
    L.marker([site.latitude, site.longitude], { icon: pin(site.state, site.state === "broken" ? "!" : String(site.free)), title: words, alt: words })
      .on("click keypress", (event) => {
        if (event.type === "click" || event.originalEvent?.key === "Enter") location.assign(address(site));
      }).addTo(layer);
  };

  // Sites whose pins would cover each other are one pin; the list names each of them all the same.
  const addPins = (sites) => {
    const groups = new Map();
    for (const site of sites) {
      const at = map.project([site.latitude, site.longitude]);
      const key = `${Math.floor(at.x / 40)},${Math.floor(at.y / 40)}`;
      groups.set(key, [...(groups.get(key) || []), site]);
    }
    for (const group of groups.values()) {
      if (group.length === 1 || map.getZoom() === map.getMaxZoom()) group.forEach(addPin);
      else addSquare({ ...group[0], count: group.length, free: group.filter((site) => site.free).length });
    }
  };

  const addRow = (site) => {
    const link = document.createElement("a");
    link.className = "op-site";
    link.href = address(site);
    const name = document.createElement("strong");
    name.textContent = site.name;
    const more = document.createElement("div");
    more.className = "op-soft";
    more.textContent = [STATES[site.state](site), site.power_kw && `up to ${site.power_kw} kW`, site.operator, site.city].filter(Boolean).join(" · ");
    link.append(name, more);
    const row = document.createElement("li");
    row.append(link);
    list.append(row);
  };

  const addSquare = (square) => {
    const words = `${count(square.count)} sites, ${count(square.free)} with a free charge point; zoom in`;
    const closer = () => map.setView([square.latitude, square.longitude], Math.min(map.getZoom() + 2, 18));
    L.marker([square.latitude, square.longitude], { icon: pin("many", count(square.count)), title: words, alt: words })
      .on("click keypress", (event) => {
        if (event.type === "click" || event.originalEvent?.key === "Enter") closer();
      }).addTo(layer);
  };

  const show = (found) => {
    layer.clearLayers();
    list.replaceChildren();
    addPins(found.sites);
    found.sites.forEach(addRow);
    found.squares.forEach(addSquare);
    if (found.more) told.textContent = `${count(found.more)} sites in this window, counted by squares. Zoom in to see each.`;
    else if (found.total) told.textContent = `${count(found.total)} ${found.total === 1 ? "site" : "sites"} in this window.`;
    else told.textContent = "No site in this window fits. Zoom out or choose fewer filters.";
  };

  let turn = 0;
  const ask = async (window_) => {
    const mine = ++turn;
    const query = new URLSearchParams([...new FormData(filters)].filter(([, value]) => value));
    for (const [name, value] of Object.entries(window_ || {})) query.set(name, value);
    const answer = await fetch(`${box.dataset.url}?${query}`).catch(() => null);
    const found = answer?.ok ? await answer.json() : null;
    if (mine !== turn) return null;
    if (found) show(found); else told.textContent = "The sites could not be read. Move the map to try again.";
    return found;
  };
  const bounds = () => {
    const edges = map.getBounds();
    return { south: edges.getSouth(), west: edges.getWest(), north: edges.getNorth(), east: edges.getEast() };
  };

  (async () => {
    map.setView([20, 78], 4);
    const found = await ask(null);
    const points = found ? [...found.sites, ...found.squares].map((one) => [one.latitude, one.longitude]) : [];
    if (points.length) map.fitBounds(L.latLngBounds(points), { padding: [40, 40], maxZoom: 14 });
    map.on("moveend", () => ask(bounds()));
    filters.addEventListener("change", () => ask(bounds()));
    ask(bounds());
  })();
})();
