// Keys for a page of ratings. In a file that was mailed, it also does what else the server does: it draws the order of
// the rater, keeps the answers (in the browser), and goes on where the rater stopped. No text passes through it.
"use strict";
const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const form = one("form.rating"), root = one("#rate"), questions = all("fieldset.question");
let asked = 0, byPointer = false, opened = "no", since = performance.now();

function ask(number) { // marks the question that the next key answers
  asked = number;
  questions.forEach((question, place) => question.classList.toggle("now", place === asked && questions.length > 1));
}
function answered() { return questions.every((question) => one("input:checked", question)); }
function openedReference() {
  opened = "yes";
  if (form.elements.opened) form.elements.opened.value = opened;
}
document.addEventListener("keydown", (event) => {
  byPointer = false;
  if (!form || form.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("textarea, input[type=text]")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const key = event.key.toLowerCase(), named = /^[a-z0-9]$|^escape$/.test(key) ? `[data-key="${key}"]` : "none";
  const grade = questions[asked] && one(named, questions[asked]), control = one(`.row ${named}`, form);
  const reference = one("article:not([hidden]) details.reference");
  if (grade) {
    grade.checked = true;
    ask(asked + 1);
    if (asked === questions.length) form.requestSubmit(one("[value=save]", form));
  } else if (key === "u" && asked > 0) {
    ask(asked - 1);
    all("input", questions[asked]).forEach((input) => { input.checked = false; });
  } else if (key === "n") form.elements.note.focus();
  else if (key === "r" && reference) reference.open = !reference.open;
  else if (control) control.click();
  else return;
  event.preventDefault();
});
if (form) {
  if (form.elements.opened) form.elements.opened.value = opened;
  document.addEventListener("pointerdown", () => { byPointer = true; });
  form.addEventListener("change", () => { if (byPointer && answered()) form.requestSubmit(one("[value=save]", form)); });
  all("details.reference").forEach((details) => details.addEventListener("toggle", () => details.open && openedReference()));
  ask(0);
}

// What follows is for a file.
const articles = all("article"), said = new Map(), lines = [], pairs = articles.some((item) => all(".answer", item).length > 1);
let rater = "", order = [], at = 0;
const bytes = async (text) => new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
const hash = async (text) => Array.from(await bytes(text), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function draw(sheet, together) { // as selfinstruct/rating/order.py does
  for (const item of articles.filter((found) => !("practice" in found.dataset))) {
    const task = together ? await hash(`${sheet}/${rater}/${item.dataset.task}`) : "";
    item.place = task + await hash(`${sheet}/${rater}/${item.id}`);
    item.swapped = pairs && parseInt((await hash(`${sheet}/${rater}/${item.id}/side`))[0], 16) % 2 === 1;
    if (item.swapped) all(".answer .text", item).reverse().forEach((text, side) => { all(".answer", item)[side].append(text); });
  }
  order = articles.slice().sort((a, b) => ((a.place || "") < (b.place || "") ? -1 : (a.place || "") > (b.place || "") ? 1 : 0));
}
function show(place) {
  at = place;
  const item = order[at], before = order[at - 1], counted = order.filter((found) => found.place), row = said.get(item?.id);
  articles.forEach((found) => { found.hidden = found !== item; });
  all("[data-after]").forEach((reason) => { reason.hidden = reason.dataset.after !== before?.id; });
  form.reset();
  form.hidden = !item;
  one("#end").hidden = Boolean(item);
  one("#again").hidden = at >= order.length && order.every((found) => said.has(found.id));
  one("#progress").value = counted.filter((found) => said.has(found.id)).length;
  one("#where").textContent = !item ? rater : item.place ? `${rater}: ${counted.indexOf(item) + 1} of ${counted.length}` : `${rater}: ${item.dataset.where}`;
  for (const [name, grade] of Object.entries(row?.answers || {})) form.elements[`answer-${name}`].value = grade;
  form.elements.note.value = row?.note || "";
  [opened, since] = ["no", performance.now()];
  ask(0);
  scrollTo(0, 0);
}
const next = () => { const place = order.findIndex((found) => !said.has(found.id)); show(place < 0 ? order.length : place); };

if (root && "sheet" in root.dataset) {
  const { sheet, together } = root.dataset, name = () => `selfinstruct/${sheet}/${rater}`;
  one("form.start").addEventListener("submit", async (event) => {
    event.preventDefault();
    rater = event.target.elements.rater.value;
    await draw(sheet, together === "yes");
    lines.push(...(localStorage.getItem(name()) || "").split("\n").filter(Boolean));
    lines.forEach((text) => { const row = JSON.parse(text); said.set(row.item, row); });
    event.target.hidden = true;
    one("#save").hidden = false;
    next();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const item = order[at], answers = {};
    if (event.submitter.value === "save") for (const [key, value] of new FormData(form)) if (key.startsWith("answer-")) answers[key.slice(7)] = value;
    const row = { sheet, item: item.id, answers, note: form.elements.note.value, swapped: Boolean(item.swapped), opened_reference: one("details.reference", item) ? opened === "yes" : null, seconds: Math.round(performance.now() - since) / 1000, time: new Date().toISOString() };
    said.set(row.item, row);
    lines.push(JSON.stringify(row));
    try {
      localStorage.setItem(name(), lines.join("\n"));
    } catch {
      one("#full").hidden = false;
    }
    next();
  });
  one(".row [data-key=u]").addEventListener("click", () => show(Math.max(at - 1, 0)));
  one(".row [data-key=escape]").addEventListener("click", () => show(order.length));
  one("#again").addEventListener("click", next);
  one("#save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${lines.join("\n")}\n`]));
    link.download = `${rater}.jsonl`;
    link.click();
  });
}
