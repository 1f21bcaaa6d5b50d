// The search form's helps: my location, a click on the map, and the map following the chosen place.
(() => {
  "use strict";
  const form = document.getElementById("search-form");
  if (!form) return;
  const { place, latitude, longitude } = form.elements;
  const details = form.querySelector("details");
  const places = JSON.parse(document.getElementById("places")?.textContent || "[]");
  const view = window.bapMap;
  let spot = null;

  const show = (lat, lon) => {
    if (!view) return;
    if (spot) spot.setLatLng([lat, lon]);
    else {
      spot = L.marker([lat, lon], { interactive: false, keyboard: false,
        icon: L.divIcon({ className: "pin-place", html: '<div class="you"></div>', iconSize: [16, 16] }) }).addTo(view.map);
    }
  };
  const set = (lat, lon) => {
    latitude.value = lat.toFixed(6);
    longitude.value = lon.toFixed(6);
    details.open = true;
    show(lat, lon);
  };
  const follow = () => {
    const chosen = places.find((one) => one.key === place.value);
    if (!chosen) return;
    latitude.value = longitude.value = "";
    view?.map.setView([chosen.latitude, chosen.longitude], 13);
    show(chosen.latitude, chosen.longitude);
  };
  place.addEventListener("change", follow);
  if (places.length) {
    if (!latitude.value) follow();
    view?.map.on("click", (event) => set(event.latlng.lat, event.latlng.wrap().lng));
  }

  const locate = form.querySelector("[data-locate]");
  const words = locate.textContent;
  if (!navigator.geolocation || !window.isSecureContext) {
    locate.disabled = true;
    locate.textContent = locate.dataset.failed;
    return;
  }
  locate.addEventListener("click", () => {
    locate.disabled = true;
    locate.textContent = locate.dataset.busy;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        set(coords.latitude, coords.longitude);
        view?.map.setView([coords.latitude, coords.longitude], 14);
        locate.disabled = false;
        locate.textContent = words;
      },
      () => { locate.disabled = false; locate.textContent = locate.dataset.failed; },
      { timeout: 10000, maximumAge: 60000 },
    );
  });
})();
