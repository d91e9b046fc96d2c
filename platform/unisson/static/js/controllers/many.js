// Chooses contents where they stand on a calendar or a board: in choosing mode by a click or a tap (with Shift from the
// last one on), and by x on the one that has the focus. What is then done to them is the list's own form.
unisson.register("many", class extends Stimulus.Controller {
  static targets = ["bar", "live", "said", "toggle"];
  static values = { chosen: String, none: String, undo: String, undone: String, failed: String };
  static one = ".entry[href*='contents/'], .state-card";

  connect() {
    this.chosen = new Map();
    this.show();
  }

  toggleTargetConnected(toggle) {
    toggle.hidden = false;
    toggle.setAttribute("aria-pressed", String(Boolean(this.isChoosing)));
  }

  toggle() {
    this.isChoosing = !this.isChoosing;
    if (!this.isChoosing) this.chosen.clear();
    this.show();
  }

  clear() {
    this.isChoosing = false;
    this.chosen.clear();
    this.show();
    this.say(this.noneValue);
  }

  click(event) {
    const entry = event.target.closest(this.constructor.one);
    if (!this.isChoosing || !entry || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (event.shiftKey && this.last) this.upTo(entry);
    else this.turn(entry);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const entry = event.target.closest(this.constructor.one);
    if (event.key === "x" && entry && this.hasToggleTarget) {
      event.preventDefault();
      this.isChoosing = true;
      this.turn(entry);
    } else if (event.key === "Escape" && this.chosen.size && !event.target.closest("details[open], dialog")) {
      this.clear();
    }
  }

  turn(entry) {
    const id = this.id(entry);
    if (!this.chosen.delete(id)) this.chosen.set(id, entry.id);
    this.last = id;
    this.show();
    this.say(this.counted);
  }

  upTo(entry) {
    const all = [...this.element.querySelectorAll(this.constructor.one)];
    const from = all.findIndex((each) => this.id(each) === this.last);
    const to = all.indexOf(entry);
    if (from < 0) return this.turn(entry); // the last one stands on days that are not shown any more
    for (const each of all.slice(Math.min(from, to), Math.max(from, to) + 1)) this.chosen.set(this.id(each), each.id);
    this.show();
    this.say(this.counted);
  }

  /** Also after the days were shown anew: what is chosen stays so, wherever it stands by then. */
  show() {
    for (const each of this.element.querySelectorAll("[data-chosen]")) each.removeAttribute("data-chosen");
    for (const name of this.chosen.values()) document.getElementById(name)?.setAttribute("data-chosen", "");
    this.element.toggleAttribute("data-choosing", Boolean(this.isChoosing));
    for (const toggle of this.toggleTargets) toggle.setAttribute("aria-pressed", String(Boolean(this.isChoosing)));
    if (!this.hasBarTarget) return;
    this.barTarget.hidden = this.chosen.size === 0;
    this.shape();
    this.saidTarget.textContent = this.counted;
  }

  /** Asks only for what the act needs. */
  shape() {
    const { act, days, tag, again } = this.barTarget.elements;
    const asked = { days: ["move", "duplicate"], tag: ["tag", "untag"], again: ["move"] };
    for (const field of [days, tag, again]) {
      field.closest(".field, .check").hidden = !asked[field.name].includes(act.value);
    }
  }

  /** What is refused keeps the choice; what is done is told with its way back, and the days are shown anew. */
  async send(event) {
    event.preventDefault();
    const form = event.target;
    if (form.hasAttribute("data-saving")) return;
    form.setAttribute("data-saving", "");
    const body = new URLSearchParams(new FormData(form));
    for (const id of this.chosen.keys()) body.append("content", id);
    const told = await this.post(form.action, body);
    form.removeAttribute("data-saving");
    if (!told.message) return;
    this.clear();
    unisson.say(told.message, "success", told.undo && { label: this.undoValue, act: () => this.undo(told.undo) });
    this.anew();
  }

  async undo(address) {
    const told = await this.post(address, new URLSearchParams());
    if (told.message) unisson.say(this.undoneValue, "success");
    this.anew();
  }

  async post(address, body) {
    body.set("operation_id", crypto.randomUUID?.() ?? "");
    try {
      const answer = await fetch(address, {
        method: "POST", body, credentials: "same-origin",
        headers: { "X-CSRFToken": unisson.token(), Accept: "application/json", "X-Requested-With": "fetch" },
      });
      const told = await answer.json();
      const said = told.refused ?? [told.message || this.failedValue];
      for (const sentence of said) unisson.say(sentence, answer.ok ? "warning" : "danger");
      return answer.ok ? told : {};
    } catch {
      unisson.say(this.failedValue, "danger");
      return {};
    }
  }

  anew() {
    document.body.dispatchEvent(new CustomEvent("calendar-changed", { bubbles: true }));
  }

  get counted() {
    return this.chosen.size ? this.chosenValue.replace("{count}", this.chosen.size) : this.noneValue;
  }

  id(entry) {
    return entry.getAttribute("href").match(/contents\/([0-9a-f-]{36})/)[1];
  }

  say(sentence) {
    this.liveTarget.textContent = sentence;
  }
});
