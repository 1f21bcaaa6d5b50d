// Reads what an entry of the timeline says when it is opened for the first time.
async function load(details) {
  const place = details.querySelector(".bo-content");
  details.dataset.loaded = "yes";
  place.textContent = "Loading…";
  try {
    const answer = await fetch(details.dataset.content, { credentials: "same-origin", redirect: "error" });
    if (!answer.ok) throw new Error(answer.status);
    place.innerHTML = await answer.text();
  } catch {
    delete details.dataset.loaded;
    place.textContent = "It could not be read. Close and open it to try again, or reload the page to log in.";
  }
}

document.addEventListener("DOMContentLoaded", () => {
  for (const details of document.querySelectorAll("details[data-content]")) {
    details.addEventListener("toggle", () => {
      if (details.open && !details.dataset.loaded) load(details);
    });
  }
});
