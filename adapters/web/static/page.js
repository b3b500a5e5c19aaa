// Keeps the page up to date and posts what is pressed without leaving it.
// Knows no lesson: it puts HTML from the server into its place, and keeps focus where it was.
// Everything here is a convenience: without this file every button still works.
"use strict";

const body = document.body;
const feed = document.getElementById("feed");
const pane = document.getElementById("pane");
const entries = document.getElementById("entries");
const state = document.getElementById("state");
const toPane = document.getElementById("to-pane");
const newBelow = document.getElementById("new-below");
const narrow = matchMedia("(max-width: 60rem)");
const say = (key) => body.dataset["say" + key[0].toUpperCase() + key.slice(1)];

// -- putting pieces into their place ------------------------------------------------------------

const made = (html) => {
  const box = document.createElement("template");
  box.innerHTML = html;
  return box.content.firstElementChild;
};

const isTouched = (field) =>
  field.matches("select") || field.value !== field.defaultValue || field.checked !== field.defaultChecked;

// What somebody has open, typed or is looking at stays so when the piece around it is new.
function replace(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const key = focused && focused !== old ? [focused.tagName, focused.name, focused.value] : null;
  for (const open of old.querySelectorAll("details[id][open]")) {
    const now = fresh.querySelector("#" + CSS.escape(open.id));
    if (now) now.open = true;
  }
  for (const field of old.querySelectorAll("input[id], select[id], textarea[id]")) {
    const now = fresh.querySelector("#" + CSS.escape(field.id));
    if (now && isTouched(field)) [now.value, now.checked] = [field.value, field.checked];
  }
  old.replaceWith(fresh);
  if (focused === old) fresh.focus({ preventScroll: true });
  if (!key) return;
  const same = [...fresh.querySelectorAll(key[0])].find(
    (one) => one.name === key[1] && (one.value === key[2] || one.matches("textarea, input[type=text]")),
  );
  if (!same) return;
  same.focus({ preventScroll: true });
  if (focused.selectionStart !== undefined && same.setSelectionRange && same.type !== "radio") {
    try { same.setSelectionRange(focused.selectionStart, focused.selectionEnd); } catch { /* not a text */ }
  }
}

const reached = new IntersectionObserver((seen) => {
  if (seen.some((one) => one.isIntersecting)) newBelow.hidden = true;
});

// Whoever moves the clock wants to see what comes of it.
const FOLLOW_MS = 4000;
let followed = 0;

// Not scrollIntoView: it also moves where Tab begins, and that is for the reader to choose.
function bringUp(message, behavior) {
  const room = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
  scrollTo({ top: scrollY + message.getBoundingClientRect().top - room, behavior });
}

function putFeed(pieces) {
  const atEnd = Date.now() < followed || innerHeight + scrollY > document.documentElement.scrollHeight - 160;
  let last = null;
  for (const piece of pieces) {
    const old = document.getElementById(piece.id);
    if (old && old.dataset.rev === String(piece.rev)) continue;
    const fresh = made(piece.html);
    if (old) {
      replace(old, fresh);
    } else {
      fresh.classList.add("fresh");
      feed.append(fresh);
      last = fresh;
    }
  }
  document.getElementById("empty").hidden = feed.childElementCount > 0;
  if (!last) return;
  if (atEnd || feed.childElementCount === 1) bringUp(last, "smooth");
  else newBelow.hidden = false;
  reached.disconnect();
  reached.observe(last);
}

function putPane(pieces) {
  const wanted = new Set(pieces.map((piece) => piece.id));
  for (const old of [...entries.children]) {
    if (wanted.has(old.id)) continue;
    const next = old.contains(document.activeElement)
      && (old.nextElementSibling || old.previousElementSibling || pane);
    old.remove();
    if (next) next.focus({ preventScroll: true });
  }
  pieces.forEach((piece, place) => {
    let now = document.getElementById(piece.id);
    if (piece.html && (!now || now.dataset.rev !== String(piece.rev))) {
      const fresh = made(piece.html);
      if (now) replace(now, fresh);
      now = fresh;
      if (!isOpen()) toPane.classList.add("has-new");
    }
    if (now && entries.children[place] !== now) entries.insertBefore(now, entries.children[place] || null);
  });
}

function put(news) {
  if (news.reload) {
    trouble(say("stale"), location.pathname);
    return;
  }
  if (news.feed) putFeed(news.feed);
  if (news.pane) putPane(news.pane);
  for (const [id, html] of [["panel", news.panel], ["clock", news.clock]]) {
    const old = document.getElementById(id);
    if (html && old) replace(old, made(html));
  }
  settle();
}

// -- the sheet on a phone -----------------------------------------------------------------------

const isOpen = () => !narrow.matches || body.classList.contains("pane-open");

function openPane() {
  body.classList.add("pane-open");
  toPane.classList.remove("has-new");
}

function closePane() {
  body.classList.remove("pane-open");
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  if (narrow.matches) toPane.focus();
}

function look(id) {
  const target = id && document.getElementById(id);
  if (!target) return;
  if (pane.contains(target)) {
    openPane();
    for (const one of entries.querySelectorAll(":scope > section > details")) {
      one.open = target.contains(one);
    }
    const wrong = target.querySelector("[aria-invalid=true]");
    const field = wrong || target.querySelector("form.answer :is(input:not([type=hidden]), select, textarea)");
    (field && field.matches("fieldset") ? field.querySelector("input, button") : field || target).focus({ preventScroll: true });
    (wrong || target).scrollIntoView({ block: wrong ? "center" : "nearest" });
    if (!wrong && target.getBoundingClientRect().top < pane.getBoundingClientRect().top) target.scrollIntoView({ block: "start" });
  } else if (target.matches("details")) {
    target.open = true;
  }
}

// -- pressing -----------------------------------------------------------------------------------

function trouble(words, onward) {
  document.querySelector(".trouble")?.remove();
  const told = document.createElement("p");
  told.className = "trouble";
  told.setAttribute("role", "alert");
  told.textContent = words + " ";
  if (onward) {
    const link = document.createElement("a");
    link.href = onward;
    link.textContent = "↻";
    link.setAttribute("aria-label", words);
    told.append(link);
  } else {
    setTimeout(() => told.remove(), 9000);
  }
  body.append(told);
}

async function post(address, fields, button) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  fields.append("since", body.dataset.version);
  try {
    const answer = await fetch(address, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { "X-Studyhall": "1" },
    });
    const told = await answer.json();
    if (!answer.ok) {
      trouble(told.wrong);
      return;
    }
    document.querySelector(".trouble")?.remove();
    put(told);
    look(told.show);
  } catch {
    trouble(say("notSent"));
  } finally {
    button.removeAttribute("aria-busy");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  if (form.method !== "post" || !button) return;
  event.preventDefault();
  let fields;
  if (form.id === "act") {
    // All buttons outside of forms belong to this one; only what goes with the pressed one is sent.
    fields = new FormData();
    fields.append("token", body.dataset.token);
    if (button.name === "say") {
      const words = document.getElementById("say-" + button.value);
      fields.append(words.name, words.value);
      if (words.value.trim()) words.value = "";
    }
  } else {
    fields = new FormData(form);
  }
  if (button.name === "move" && form.id !== "clock") {
    moveLine(button);
    return;
  }
  if (form.id === "clock") followed = Date.now() + FOLLOW_MS;
  if (button.name) fields.append(button.name, button.value);
  post(form.action, fields, button);
});

// A line of an order goes up or down right here; the server does the same for who has no script.
function moveLine(button) {
  const line = button.closest("li");
  const list = line.parentElement;
  if (button.value.endsWith(":up")) list.insertBefore(line, line.previousElementSibling);
  else list.insertBefore(line.nextElementSibling, line);
  [...list.children].forEach((one, place, all) => {
    const [up, down] = one.querySelectorAll(".mover");
    up.disabled = place === 0;
    down.disabled = place === all.length - 1;
  });
  if (button.disabled) line.querySelector(".mover:not(:disabled)").focus();
  else button.focus();
}

// Ctrl+Enter sends what stands in a thread's field.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && narrow.matches && body.classList.contains("pane-open")) closePane();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches(".say textarea")) {
    event.target.parentElement.querySelector("button").click();
  }
});

toPane.addEventListener("click", (event) => {
  event.preventDefault();
  openPane();
  pane.focus();
});
document.getElementById("back").addEventListener("click", (event) => {
  event.preventDefault();
  closePane();
});
newBelow.addEventListener("click", (event) => {
  event.preventDefault();
  newBelow.hidden = true;
  feed.lastElementChild?.scrollIntoView({ block: "start", behavior: "smooth" });
});

// What only this machine knows: the zone its person most likely means, and their own time.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const pieces = new Intl.DateTimeFormat("en-GB", {
  weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

function settle() {
  for (const field of document.querySelectorAll("input.zone")) if (!field.value && zone) field.value = zone;
  for (const time of document.querySelectorAll("time.readers")) {
    const part = Object.fromEntries(pieces.formatToParts(new Date(time.dateTime)).map((one) => [one.type, one.value]));
    time.textContent = `${part.weekday} ${part.day} ${part.month} ${part.hour}:${part.minute}`;
    time.title = zone;
    time.classList.remove("readers");
  }
}

const top_ = document.querySelector(".top");
new ResizeObserver(() => {
  document.documentElement.style.setProperty("--top", (narrow.matches ? 0 : top_.offsetHeight) + "px");
}).observe(top_);

// -- staying up to date -------------------------------------------------------------------------

let line = null;
let again = 0;
let heard = 0;

function tell(key) {
  const words = say(key);
  if (state.textContent !== words) state.textContent = words;
  state.dataset.state = key;
}

// A button that is replaced between pressing it and letting go is not pressed: news waits so long.
const LET_GO_MS = 60;
const HELD_MS = 2000;
let letGo = 0;
let isHeld = false;
const waiting = [];

function take(event) {
  if (isHeld) {
    waiting.push(event);
    return;
  }
  put(JSON.parse(event.data));
  body.dataset.version = event.lastEventId;
}

function hold(forMs) {
  isHeld = true;
  clearTimeout(letGo);
  letGo = setTimeout(() => {
    isHeld = false;
    waiting.splice(0).forEach(take);
  }, forMs);
}

const isPress = (event) => event.type.startsWith("pointer") || event.key === " ";
for (const begin of ["pointerdown", "keydown"]) {
  addEventListener(begin, (event) => isPress(event) && hold(HELD_MS), true);
}
for (const end of ["pointerup", "pointercancel", "keyup"]) {
  addEventListener(end, (event) => isPress(event) && hold(LET_GO_MS), true);
}

function listen() {
  clearTimeout(again);
  line?.close();
  if (document.hidden) return;
  line = new EventSource(body.dataset.stream + "?since=" + encodeURIComponent(body.dataset.version));
  line.onopen = () => {
    tell("live");
    heard = 0;
  };
  line.onmessage = take;
  line.onerror = () => {
    line.close();
    tell("offline");
    // A little apart from each other, so that all pages do not come back at one moment.
    heard += 1;
    again = setTimeout(listen, Math.min(500 * 2 ** heard, 15000) * (0.7 + Math.random() * 0.6));
  };
}

// A browser keeps few lines to one place: pages that nobody looks at give theirs back.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) line?.close();
  else listen();
});

settle();
if (!location.hash && feed.childElementCount > 1) bringUp(feed.lastElementChild, "auto");
if (location.hash.length > 1) look(location.hash.slice(1));
listen();
