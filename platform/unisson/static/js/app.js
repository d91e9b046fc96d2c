// Starts Stimulus; every controller is its own deferred file and registers itself by name.
window.unisson = {
  application: window.Stimulus.Application.start(),

  register(name, controller) {
    this.application.register(name, controller);
  },

  token() {
    return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  },

  /** What is typed in a form, as pairs of name and value: without files, and without what the server put there. */
  typedIn(form) {
    return [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !this.notTyped.has(name));
  },
  notTyped: new Set(["csrf_token", "operation_id", "version", "action"]),

  /** Adds a message to the region that is read out. `tone`: info, success, warning or danger. */
  /** How the names begin under which the browser keeps what is typed (controllers/keep.js). */
  kept: "unisson:typed:",

  /** Lets go of kept typing for which `is` says so. */
  letGo(is) {
    try {
      for (const key of Object.keys(localStorage).filter((each) => each.startsWith(this.kept))) {
        if (is(JSON.parse(localStorage.getItem(key)) ?? {})) localStorage.removeItem(key);
      }
    } catch {
      // Nothing is kept where the browser allows none.
    }
  },

  /** Says something; `undo`, if any, is what its button is called and what it does: { label, act }. Returns it. */
  say(text, tone = "info", undo = null) {
    const region = document.getElementById("toasts");
    if (!region) return null;
    const item = document.createElement("div");
    item.className = "toast";
    item.dataset.tone = tone;
    item.dataset.controller = "toast";
    const words = document.createElement("span");
    words.className = "toast-text";
    words.textContent = text;
    item.append(words);
    if (undo) {
      region.querySelectorAll(".toast[data-undo]").forEach((each) => each.remove());
      item.dataset.undo = "";
      const button = document.createElement("button");
      button.type = "button";
      button.className = "toast-undo";
      button.textContent = undo.label;
      button.addEventListener("click", () => {
        item.remove();
        undo.act();
      });
      item.append(button);
    }
    region.append(item);
    return item;
  },
};

// What the server has need not be kept; nor what is a week old, nor anything once somebody signs out.
const week = 7 * 24 * 3600 * 1000;
const saved = new Set([...document.querySelectorAll("[data-saved]")].map((each) => each.dataset.saved));
unisson.letGo((held) => saved.has(held.number) || Date.now() - (held.at ?? 0) > week);
document.addEventListener("submit", (event) => {
  if (event.target.getAttribute("action")?.endsWith("/sign-out")) unisson.letGo(() => true);
});

// A slash goes to search, from wherever nobody is typing.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const field = document.querySelector("[data-search]");
  const way = document.querySelector("a.nav-item[href$='/search']");
  if (!field && !way) return;
  event.preventDefault();
  if (field) field.focus();
  else way.click();
});


// A brand's images stand at addresses that are good for an hour or two. On a page that was open for longer, the first one
// that does not come has them all asked for anew, by the page's own address; what is typed and where one is stay.
const file = (address) => address.match(/\/media\/([\w-]{64})/)?.[1]; // the agency and the bytes; then comes until when
let renewedAt = 0;
document.addEventListener("error", async ({ target }) => {
  if (target.localName !== "img" || !file(target.src) || Date.now() - renewedAt < 60_000) return;
  renewedAt = Date.now();
  const answer = await fetch(window.location.href, { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = new Map();
  for (const each of page.querySelectorAll("img[src]")) fresh.set(file(each.getAttribute("src")), each.getAttribute("src"));
  for (const each of document.images) {
    const address = file(each.src) && fresh.get(file(each.src));
    if (address && address !== each.getAttribute("src")) each.src = address;
  }
}, true);
