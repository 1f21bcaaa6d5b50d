// The map beside a list. Works without tiles: markers on a plain grid, and a word about it.
(() => {
  "use strict";
  const box = document.getElementById("map");
  if (!box || !window.L) return;
  const read = (id) => JSON.parse(document.getElementById(id)?.textContent || "null");
  const markers = read("markers") || [];
  const centre = read("centre");
  const map = L.map(box, { zoomControl: false, attributionControl: false, scrollWheelZoom: true, maxZoom: 18, minZoom: 3 });
  L.control.zoom({ position: "topright" }).addTo(map);
  const credit = L.control.attribution({ prefix: false }).addTo(map);

  const withoutTiles = () => {
    if (box.classList.contains("no-tiles")) return;
    tiles?.remove();
    box.classList.add("no-tiles");
    credit.addAttribution(box.dataset.noTiles);
  };
  const tiles = box.dataset.tiles
    ? L.tileLayer(box.dataset.tiles, { attribution: box.dataset.attribution, maxZoom: 18 })
    : null;
  let failed = 0;
  tiles?.on("tileload", () => { failed = -Infinity; });
  tiles?.on("tileerror", () => { failed += 1; if (failed > 1) withoutTiles(); });

  const start = centre ? [centre.latitude, centre.longitude] : [28.6304, 77.2177];
  map.setView(start, 12);
  if (tiles) tiles.addTo(map); else withoutTiles();

  const you = centre && markers.length !== 1
    ? L.marker(start, { interactive: false, keyboard: false, zIndexOffset: -1000, icon: L.divIcon({ className: "pin-place", html: '<div class="you"></div>', iconSize: [16, 16] }) }).addTo(map)
    : null;
  const pins = new Map();
  const stops = markers.length > 1 ? L.markerClusterGroup({
    maxClusterRadius: 44, showCoverageOnHover: false, spiderfyOnMaxZoom: true, animate: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    iconCreateFunction: (cluster) => {
      const inside = cluster.getAllChildMarkers();
      const free = inside.filter((one) => one.options.free).length;
      const pin = document.createElement("div");
      pin.className = free ? "cluster free" : "cluster";
      pin.textContent = inside.length;
      pin.title = `${free}/${inside.length} ${box.dataset.free}`;
      return L.divIcon({ className: "pin-place", html: pin, iconSize: [0, 0] });
    },
  }) : L.layerGroup();
  for (const one of markers) {
    const pin = document.createElement("div");
    pin.className = one.free ? "pin free" : "pin";
    pin.textContent = one.label;
    const marker = L.marker([one.latitude, one.longitude], {
      free: one.free, alt: one.name, title: `${one.name}: ${one.free}/${one.total} ${box.dataset.free}`, riseOnHover: true, zIndexOffset: one.free ? 500 : 0,
      icon: L.divIcon({ className: "pin-place", html: pin, iconSize: [0, 0] }),
    });
    stops.addLayer(marker);
    pins.set(one.key, { pin, marker });
  }
  if (markers.length > 1) {
    map.fitBounds(L.latLngBounds(markers.map((one) => [one.latitude, one.longitude])).extend(start), { padding: [44, 44], maxZoom: 15, animate: false });
  } else if (markers.length === 1) map.setView(start, 15);
  stops.addTo(map);

  for (const card of document.querySelectorAll("[data-key]")) {
    const found = pins.get(card.dataset.key);
    if (!found) continue;
    const light = (on) => {
      const shown = stops.getVisibleParent?.(found.marker) || found.marker; // itself, or the cluster that holds it
      const pin = shown === found.marker ? found.pin : shown.getElement()?.firstElementChild;
      pin?.classList.toggle("lit", on);
      shown.setZIndexOffset(on ? 1000 : 0);
    };
    for (const name of ["mouseenter", "focusin"]) card.addEventListener(name, () => light(true));
    for (const name of ["mouseleave", "focusout"]) card.addEventListener(name, () => light(false));
    found.marker.on("click keypress", (event) => {
      if (event.type === "click" || event.originalEvent?.key === "Enter") card.querySelector("a").click();
    });
  }
  window.bapMap = { map, you };
})();
