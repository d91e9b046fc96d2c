// Saves a draft by itself, two seconds after the last key, by what its Save button does. What can't be sent waits here (and
// in the browser: controllers/keep.js) until it can. What somebody else saved meanwhile is put together field by field.
unisson.register("autosave", class Autosave extends Stimulus.Controller {
  static targets = ["state", "words", "clashes"];
  static values = { url: String, posted: Boolean, pause: { type: Number, default: 2000 } };
  static longest = 20000; // milliseconds that somebody may type on without a pause
  static beacon = 60000; // bytes that a browser sends on for a page that is closed

  connect() {
    this.form = this.element.closest("form");
    this.slot = `unisson:base:${this.urlValue}`;
    this.tries = 0;
    this.begin();
    this.heard = [
      [this.form, "input", () => this.soon()],
      [this.form, "change", () => this.soon()],
      [this.form, "presence:open", () => this.soon()],
      [this.form, "submit", (event) => this.submit(event), { capture: true }],
      [this.form, "keep:ready", () => this.tell()],
      [this.form, "keep:taken", ({ detail }) => detail.base && this.be(detail.version, Autosave.grouped(detail.base))],
      [window, "online", () => this.save()],
      [window, "pageshow", () => { this.leaving = false; }],
      [document, "visibilitychange", () => document.visibilityState === "hidden" && this.save(true)],
    ];
    for (const [where, ...what] of this.heard) where.addEventListener(...what);
    this.soon();
  }

  disconnect() {
    clearTimeout(this.waiting);
    clearTimeout(this.retry);
    for (const [where, ...what] of this.heard) where.removeEventListener(...what);
  }

  /** What the text was made from: the page as it opened, or what a form was made from that was sent and came back. */
  begin() {
    if (!this.postedValue) return this.be(this.form.elements.version.value, this.held());
    const kept = this.read();
    if (kept) this.be(kept.version, Autosave.grouped(kept.base));
    else this.over = true;
  }

  read() {
    try {
      return JSON.parse(sessionStorage.getItem(this.slot));
    } catch {
      return null;
    }
  }

  held() {
    return Autosave.grouped(unisson.typedIn(this.form));
  }

  /** From here on, changes are changes of `base`, which is the server's `version`. */
  be(version, base) {
    this.base = base;
    this.form.elements.version.value = this.version = String(version);
    this.tell();
  }

  tell(saved = null) {
    if (this.over) return;
    const detail = { version: this.version, base: Autosave.pairs(this.base), saved };
    this.form.dispatchEvent(new CustomEvent("autosave:base", { detail }));
  }

  isDirty() {
    const held = this.held();
    const names = new Set([...held.keys(), ...this.base.keys()]);
    names.delete("words"); // what is looked for in the library is no part of the content
    return [...names].some((name) => !Autosave.same(held.get(name), this.base.get(name)));
  }

  soon() {
    if (this.over || !this.isDirty()) return;
    this.since ??= Date.now();
    clearTimeout(this.waiting);
    const left = this.since + Autosave.longest - Date.now();
    this.waiting = setTimeout(() => this.save(), Math.min(this.pauseValue, Math.max(0, left)));
  }

  /** One at a time. Nothing is sent while somebody else has the pen, or something is still to be chosen. */
  save(isLast = false) {
    clearTimeout(this.waiting);
    clearTimeout(this.retry);
    const waits = this.sending || this.leaving || this.clashesTarget.childElementCount || this.form.hasAttribute("data-closed");
    if (this.over || waits || !this.isDirty()) return;
    this.since = null;
    this.sending = this.send(isLast).finally(() => {
      this.sending = null;
      if (this.state === "saved") this.soon();
    });
  }

  async send(isLast, withBase = false) {
    this.show("saving");
    const sent = unisson.typedIn(this.form);
    const told = new FormData();
    for (const [name, value] of sent) told.append(name, value);
    told.set("version", this.version);
    if (withBase) told.set("base", JSON.stringify(Autosave.pairs(this.base)));
    const size = sent.reduce((sum, [name, value]) => sum + 3 * value.length + name.length + 120, 0);
    try {
      const answer = await fetch(this.urlValue, {
        method: "POST", body: told, credentials: "same-origin", keepalive: isLast && size < Autosave.beacon,
        headers: { "X-CSRFToken": unisson.token(), Accept: "application/json" }, signal: AbortSignal.timeout(20000),
      });
      if (answer.redirected || answer.status === 401) return this.show("signed-out");
      if (answer.status >= 500 || answer.status === 429) return this.later();
      const said = await answer.json();
      if (said.base_wanted && !withBase) return await this.send(isLast, true);
      this.hear(answer.status, said, sent);
    } catch {
      this.later();
    }
  }

  later() {
    this.show("offline");
    this.tries += 1;
    this.retry = setTimeout(() => this.save(), Math.min(30000, 2500 * 2 ** this.tries));
  }

  hear(status, said, sent) {
    this.tries = 0;
    if (said.pen) {
      this.show(null);
      this.form.dispatchEvent(new CustomEvent("presence:ask"));
    } else if (said.html) {
      this.meet(said, sent);
    } else if (status === 200) {
      this.be(said.version, this.settle(said, sent, said.fields, said.pictures));
      this.show("saved", said.said);
      const isClean = !this.isDirty();
      this.tell(isClean ? unisson.typedIn(this.form) : sent);
      if (isClean) this.form.dispatchEvent(new CustomEvent("autosave:clean"));
    } else if (status === 409 && !said.over) {
      this.later(); // somebody is changing the same at this moment
    } else {
      this.over = Boolean(said.over);
      this.show("refused", said.message);
    }
  }

  /** Takes in what the other one changed, where it was not typed over since; returns all that the server has now. */
  settle(said, sent, fields = {}, pictures = null) {
    const was = Autosave.grouped(sent);
    const held = this.held();
    for (const [name, values] of Object.entries(said.fields ?? {})) {
      if (Autosave.same(held.get(name), was.get(name))) this.put(name, values, said.labels?.[name]);
    }
    if (said.pictures) this.putPictures(said.pictures);
    if (said.fields || said.pictures) this.form.dispatchEvent(new Event("input", { bubbles: true }));
    const there = new Map([...was, ...Object.entries(fields)]);
    if (pictures) Autosave.putRows(there, Autosave.rowsIn(pictures));
    return there;
  }

  /** Until all is chosen the old base stands: a page that is closed now, or sent, asks again and writes over nobody. */
  meet(said, sent) {
    this.theirs = said;
    this.clashesTarget.innerHTML = said.html;
    this.theirs.all = this.settle(said, sent, said.base, said.their_pictures);
    this.clashesTarget.firstElementChild.focus();
    this.show("clash");
  }

  choose({ params: { key, side } }) {
    if (side === "theirs") {
      for (const [name, values] of Object.entries(this.theirs.theirs[key] ?? {})) this.put(name, values, this.theirs.labels?.[name]);
      if (key === "pictures") this.putPictures(this.theirs.their_pictures);
    }
    this.clashesTarget.querySelector(`[data-clash="${CSS.escape(key)}"]`).remove();
    const next = this.clashesTarget.querySelector("[data-clash] button");
    if (next) return next.focus();
    this.clashesTarget.replaceChildren();
    this.be(this.theirs.version, this.theirs.all);
    this.form.elements.body?.focus();
    this.form.dispatchEvent(new Event("input", { bubbles: true }));
    if (this.isDirty()) this.save();
    else this.show(null);
  }

  /** Puts values into the fields called `name`; what the page has no field for is sent along, so that nothing is taken away. */
  put(name, values, label) {
    const missing = new Set(values);
    let rest = null;
    for (const field of [...this.form.elements].filter((each) => each.name === name)) {
      if (field.type === "checkbox" || field.type === "radio") {
        field.checked = values.includes(field.value);
        missing.delete(field.value);
        continue;
      }
      rest ??= [...values];
      const value = rest.shift() ?? "";
      if (field.tagName === "SELECT" && ![...field.options].some((each) => each.value === value)) field.add(new Option(label ?? value, value));
      field.value = value;
      if (value) field.closest("details")?.setAttribute("open", "");
    }
    for (const value of rest ?? missing) this.form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }

  putPictures(html) {
    const place = this.form.querySelector("#pictures");
    place.querySelectorAll(".picture-row").forEach((each) => each.remove());
    place.querySelector("legend").after(...Autosave.rowsIn(html));
  }

  /** A form that is sent waits for the saving that is on its way, or it would meet itself as somebody else. */
  submit(event) {
    if (this.form.hasAttribute("data-closed") || this.over) return;
    clearTimeout(this.waiting);
    clearTimeout(this.retry);
    if (this.sending) {
      event.preventDefault();
      event.stopImmediatePropagation();
      const pressed = event.submitter;
      this.sending.finally(() => this.form.requestSubmit(pressed));
      return;
    }
    this.leaving = true;
    try {
      sessionStorage.setItem(this.slot, JSON.stringify({ version: this.version, base: Autosave.pairs(this.base) }));
    } catch {
      // Without it, a page that comes back saves when it is told to.
    }
  }

  show(state, words = "") {
    this.state = state;
    for (const each of this.stateTargets) each.hidden = each.dataset.state !== state;
    for (const each of this.wordsTargets) each.textContent = words;
  }

  static same(one, other) {
    const [values, others] = [one, other].map((each) => (each ?? []).filter(Boolean));
    return values.length === others.length && values.every((value, place) => value === others[place]);
  }

  static grouped(pairs) {
    const held = new Map();
    for (const [name, value] of pairs) held.set(name, [...(held.get(name) ?? []), value]);
    return held;
  }

  static pairs(held) {
    return [...held].flatMap(([name, values]) => values.map((value) => [name, value]));
  }

  /** The rows of images in a piece of the form. */
  static rowsIn(html) {
    return [...new DOMParser().parseFromString(html, "text/html").querySelectorAll(".picture-row")];
  }

  static putRows(held, rows) {
    for (const name of [...held.keys()].filter((each) => /^(picture_id$|alt-|order-|remove-)/.test(each))) held.delete(name);
    for (const field of rows.flatMap((each) => [...each.querySelectorAll("input:not([type=checkbox])")])) {
      held.set(field.name, [...(held.get(field.name) ?? []), field.value]);
    }
  }
});
