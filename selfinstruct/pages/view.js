// Keys, and the part of a page that is refreshed while a run goes on. Every page works without this script.
"use strict";

const REFRESH = 2000; // milliseconds

const rows = [...document.querySelectorAll("[data-row]")];
let current = -1;

function choose(place) {
  if (!rows.length) return;
  rows[current]?.classList.remove("current");
  current = Math.max(0, Math.min(rows.length - 1, place));
  rows[current].classList.add("current");
  rows[current].scrollIntoView({ block: "nearest" });
}

function open() {
  const link = (rows[current] ?? document).querySelector("[data-open]");
  if (link) link.click();
}

function help() {
  const keys = document.querySelector("[data-keys]");
  if (!keys) return;
  keys.hidden = !keys.hidden;
  if (!keys.hidden) keys.scrollIntoView({ block: "nearest" });
}

function find() {
  document.querySelector("[data-find]")?.select();
}

const KEYS = { "/": find, j: () => choose(current + 1), k: () => choose(current - 1), o: open, "?": help };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") document.activeElement?.blur();
  if (event.target.closest?.("input, select, textarea")) return;
  const act = Object.hasOwn(KEYS, event.key) && KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

function later(act) {
  setTimeout(() => {
    if (document.hidden) document.addEventListener("visibilitychange", act, { once: true });
    else act();
  }, REFRESH);
}

async function refresh() {
  const shown = document.querySelector("[data-live]");
  if (!shown || shown.hasAttribute("data-ended")) return;
  try {
    const answer = await fetch(shown.dataset.live);
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-live]");
    if (fresh.hasAttribute("data-ended")) return location.reload(); // the overview of the finished run
    shown.replaceWith(document.adoptNode(fresh));
  } catch {
    // the server has stopped, or the folder cannot be read now: it is asked again
  }
  later(refresh);
}

if (document.querySelector("[data-live]:not([data-ended])")) later(refresh);
if (document.querySelector("[data-reading]")) later(() => location.reload());
