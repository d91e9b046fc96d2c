// Keeps what is typed in this browser at once, so that a crash, a closed tab or an ended session loses no keystroke.
// It is offered when the page is opened again; the server says (`data-saved`) when it has it, and it is let go.
unisson.register("keep", class extends Stimulus.Controller {
  static targets = ["offer", "at", "older"];
  static values = { key: String, version: String };

  connect() {
    this.key = `${unisson.kept}${this.keyValue}`;
    this.form = this.element.matches("form") ? this.element : this.element.querySelector("form");
    this.store = this.store.bind(this);
    this.typed = () => {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(this.store, 250);
    };
    this.sent = (event) => this.store(event.submitter?.value === "preview" || event.submitter?.value === "add" ? null : event);
    for (const name of ["input", "change"]) this.form.addEventListener(name, this.typed);
    this.form.addEventListener("submit", this.sent);
    this.form.addEventListener("presence:closing", this.store);
    this.form.addEventListener("autosave:base", this.saved = (event) => this.letGo(event.detail));
    window.addEventListener("pagehide", this.store);
    this.first = JSON.stringify(this.fields());
    this.form.dispatchEvent(new CustomEvent("keep:ready"));
    this.offer();
  }

  disconnect() {
    clearTimeout(this.waiting);
    for (const name of ["input", "change"]) this.form.removeEventListener(name, this.typed);
    this.form.removeEventListener("submit", this.sent);
    this.form.removeEventListener("presence:closing", this.store);
    this.form.removeEventListener("autosave:base", this.saved);
    window.removeEventListener("pagehide", this.store);
  }

  /** What the server has now, and as which version (controllers/autosave.js): what was typed after that is kept. */
  letGo({ version, base, saved }) {
    this.versionValue = version;
    this.base = base;
    if (!saved) return;
    this.first = JSON.stringify(saved);
    if (JSON.stringify(this.fields()) === this.first) localStorage.removeItem(this.key);
    else this.store();
  }

  fields() {
    return unisson.typedIn(this.form);
  }

  read(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  }

  /** Called by a pause, by leaving, and with the event of a submission: then the number by which the server tells it. */
  store(event = null) {
    clearTimeout(this.waiting);
    // Closed while somebody else writes (controllers/presence.js): it was kept as it closed.
    if (this.form.hasAttribute("data-closed")) return;
    const fields = this.fields();
    const number = event?.type === "submit" ? this.form.elements.operation_id?.value : this.number;
    if (event?.type === "submit") this.number = number;
    if (JSON.stringify(fields) === this.first && !number) return;
    try {
      // What is still offered is not written over by what is typed beside it.
      if (this.held && this.heldKey === this.key) localStorage.setItem(this.heldKey = `${this.key}:before`, JSON.stringify(this.held));
      localStorage.setItem(this.key, JSON.stringify({ at: Date.now(), version: this.versionValue, base: this.base, fields, number }));
    } catch {
      // No room, or none allowed: the page itself still asks before it is left.
    }
  }

  offer() {
    if (!this.hasOfferTarget) return;
    this.heldKey = [this.key, `${this.key}:before`].find((key) => this.isNews(this.read(key)));
    this.held = this.heldKey ? this.read(this.heldKey) : null;
    this.offerTarget.hidden = !this.held;
    if (!this.held) return;
    this.atTarget.textContent = new Date(this.held.at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    if (this.hasOlderTarget) this.olderTarget.hidden = this.held.version === this.versionValue;
  }

  isNews(held) {
    return Boolean(held?.fields) && JSON.stringify(held.fields) !== this.first;
  }

  take() {
    const values = new Map();
    for (const [name, value] of this.held.fields) values.set(name, [...(values.get(name) ?? []), value]);
    const rows = this.makeRoom(values);
    for (const field of this.form.elements) {
      if (!field.name || unisson.notTyped.has(field.name) || field.type === "file" || field.type === "hidden") continue;
      const said = values.get(field.name);
      if (field.type === "checkbox" || field.type === "radio") field.checked = said?.includes(field.value) ?? false;
      else if (rows.has(field.name)) field.value = said?.shift() ?? "";
      else if (said) field.value = said[0];
    }
    const { held, heldKey } = this;
    this.held = null;
    this.offerTarget.hidden = true;
    this.form.dispatchEvent(new CustomEvent("keep:taken", { detail: held }));
    this.form.dispatchEvent(new Event("input", { bubbles: true }));
    this.store();
    if (heldKey !== this.key) localStorage.removeItem(heldKey);
  }

  /** Fields that may come several times: as many as were typed, from the template that follows them. Their names. */
  makeRoom(values) {
    const names = new Set();
    for (const row of this.form.querySelectorAll("template[data-keep-row]")) {
      const name = row.dataset.keepRow;
      let there = this.form.querySelectorAll(`[name="${name}"]`).length;
      for (; there < (values.get(name)?.length ?? 0); there += 1) row.before(row.content.cloneNode(true));
      names.add(name);
    }
    return names;
  }

  drop() {
    localStorage.removeItem(this.heldKey);
    this.held = null;
    this.offerTarget.hidden = true;
  }
});
