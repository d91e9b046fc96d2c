// Shows what concerns its person while no page is open. It keeps nothing, and answers no request of a page.
"use strict";

const here = self.location.origin;

/** An address on our own origin; the front door for anything else. */
function ours(path) {
  const url = new URL(typeof path === "string" ? path : "/", here);
  return url.origin === here ? url : new URL("/", here);
}

/** The installation's key and a form's token, for who is signed in. */
async function asked() {
  const answer = await fetch("/push/key", { credentials: "same-origin", headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) throw new Error("nobody is signed in");
  return answer.json();
}

function send(path, token, fields = {}) {
  return fetch(ours(path), {
    method: "POST", credentials: "same-origin", redirect: "error",
    headers: { Accept: "application/json", "X-CSRFToken": token }, body: new URLSearchParams(fields),
  });
}

self.addEventListener("install", () => self.skipWaiting());

// Browsers want every message shown, whatever it holds.
self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data.json();
  } catch {
    // Somebody else's, or nothing: then only that there is something.
  }
  event.waitUntil(self.registration.showNotification(String(said.title || "Unisson"), {
    body: String(said.body || ""),
    lang: String(said.language || ""),
    tag: String(said.id || "unisson"), // one that comes twice shows once
    data: { path: said.path, reading: said.reading },
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { path, reading } = event.notification.data ?? {};
  event.waitUntil(Promise.allSettled([open(ours(path)), reading ? read(reading) : null]));
});

/** Shows the page: the tab that has it already, else a new one. No tab is led away from what is being written there. */
async function open(url) {
  const tabs = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = tabs.find((tab) => new URL(tab.url).pathname === url.pathname);
  return there ? there.focus() : self.clients.openWindow(url.href);
}

/** Following a notice reads it. */
async function read(path) {
  const { token } = await asked();
  return send(path, token);
}

self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event.newSubscription)));

/** The push service gave the browser another address: it is said, for as long as its person is signed in. */
async function renew(given) {
  const { key, token } = await asked();
  const options = { userVisibleOnly: true, applicationServerKey: key };
  const { endpoint, keys } = (given ?? await self.registration.pushManager.subscribe(options)).toJSON();
  await send("/push/renewal", token, { endpoint, ...keys });
}
