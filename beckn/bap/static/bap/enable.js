// Runs before the first paint: pages hide or show parts by whether scripts run.
document.documentElement.classList.add("js");
