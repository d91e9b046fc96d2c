// Says every quarter of a minute that this content is open here, shows who else has it open, and gives the pen to the
// first who types: whoever does not have it reads. What was typed before the pen was lost stays, and is kept.
unisson.register("presence", class extends Stimulus.Controller {
  static targets = ["said"];
  static values = { url: String, form: String, tab: String, wish: String, every: { type: Number, default: 15000 } };
  static staying = "unisson:tab";

  connect() {
    this.form = document.getElementById(this.formValue);
    this.tab = this.takenAlong() ?? this.tabValue;
    this.pen = "free";
    this.frozen = new Set();
    this.typed = () => this.write();
    this.guard = (event) => {
      if (this.pen !== "theirs") return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    this.ask = () => this.beat();
    this.clean = () => { this.dirty = false; };
    // A page that comes back from the browser's memory is long behind; on any page, buttons were woken just now.
    this.back = (event) => setTimeout(() => (event.persisted ? this.beat() : this.pen === "theirs" && this.close()));
    this.seen = () => {
      if (document.visibilityState === "visible") this.beat();
    };
    this.leave = this.leave.bind(this);
    for (const name of ["input", "change"]) this.form.addEventListener(name, this.typed);
    this.form.addEventListener("submit", this.guard, { capture: true });
    window.addEventListener("pageshow", this.back);
    window.addEventListener("pagehide", this.leave);
    document.addEventListener("visibilitychange", this.seen);
    this.form.addEventListener("presence:ask", this.ask);
    this.form.addEventListener("autosave:clean", this.clean);
    this.pulse = setInterval(() => this.beat(), this.everyValue);
    this.beat(this.wishValue);
  }

  disconnect() {
    clearInterval(this.pulse);
    this.open();
    for (const name of ["input", "change"]) this.form.removeEventListener(name, this.typed);
    this.form.removeEventListener("submit", this.guard, { capture: true });
    window.removeEventListener("pageshow", this.back);
    window.removeEventListener("pagehide", this.leave);
    document.removeEventListener("visibilitychange", this.seen);
    this.form.removeEventListener("presence:ask", this.ask);
    this.form.removeEventListener("autosave:clean", this.clean);
  }

  /** After a page that reloaded itself, the tab is still the one that it was. */
  takenAlong() {
    try {
      const [url, tab] = JSON.parse(sessionStorage.getItem(this.constructor.staying)) ?? [];
      sessionStorage.removeItem(this.constructor.staying);
      return url === this.urlValue ? tab : null;
    } catch {
      return null;
    }
  }

  write() {
    this.dirty = true;
    if (this.pen === "free") this.beat("write");
  }

  take() {
    this.beat("take");
  }

  leave() {
    if (this.stays) return;
    const said = this.words("leave");
    said.set("csrf_token", unisson.token());
    navigator.sendBeacon(this.urlValue, said);
  }

  words(wish) {
    const said = new FormData();
    const told = { tab: this.tab, wish, shown: this.form.elements.version?.value ?? "", had: this.had ? "1" : "" };
    for (const [name, value] of Object.entries(told)) said.set(name, value);
    return said;
  }

  /** One beat at a time; a wish that comes meanwhile is said right after. */
  async beat(wish = "look") {
    if (this.over) return;
    if (this.asking) {
      if (wish !== "look") this.wished = wish;
      return;
    }
    this.asking = true;
    try {
      const answer = await fetch(this.urlValue, {
        method: "POST", body: this.words(wish), credentials: "same-origin",
        headers: { "X-CSRFToken": unisson.token(), Accept: "text/html" },
      });
      if (answer.ok && !answer.redirected) this.hear(await answer.text(), wish);
      // Signed out, or not allowed any more: saving says so. Nobody is kept from the form by that.
      else if (answer.redirected || [401, 403, 404].includes(answer.status)) this.end();
    } catch {
      // Away: the next beat tells.
    } finally {
      this.asking = false;
    }
    const next = this.wished;
    this.wished = null;
    if (next) this.beat(next);
  }

  hear(html, wish) {
    const told = new DOMParser().parseFromString(html, "text/html").querySelector("[data-pen]");
    if (!told) return;
    if (html !== this.last) this.saidTarget.replaceChildren(told);
    this.last = html;
    this.pen = told.dataset.pen;
    if (this.pen === "theirs") return this.close();
    this.open();
    if (this.pen === "mine") this.had = true;
    // Nothing was typed here, and somebody saved: whoever takes over begins with what is there.
    if (wish === "take" && !this.dirty && told.dataset.version !== this.form.elements.version?.value) this.reload();
    else if (this.pen === "free" && this.dirty && wish === "look") this.beat("write");
  }

  reload() {
    this.stays = true;
    try {
      sessionStorage.setItem(this.constructor.staying, JSON.stringify([this.urlValue, this.tab]));
    } catch {
      // Then the page counts as another tab for a while.
    }
    location.assign(this.form.getAttribute("action"));
  }

  /** Makes the form one to read: its words can be selected, and nothing is sent. */
  close() {
    if (!this.form.hasAttribute("data-closed")) this.form.dispatchEvent(new CustomEvent("presence:closing"));
    this.form.toggleAttribute("data-closed", true);
    for (const field of this.form.elements) {
      if (field.type === "hidden" || field.tagName === "FIELDSET" || field.disabled || field.readOnly) continue;
      if (field.matches("textarea, input:not([type]), input[type=text], input[type=search], input[type=url]")) field.readOnly = true;
      else field.disabled = true;
      this.frozen.add(field);
    }
  }

  open() {
    if (!this.form.hasAttribute("data-closed")) return;
    this.form.removeAttribute("data-closed");
    for (const field of this.frozen) field.readOnly = field.disabled = false;
    this.frozen.clear();
    this.form.dispatchEvent(new CustomEvent("presence:open"));
  }

  end() {
    this.over = true;
    clearInterval(this.pulse);
    this.open();
    this.saidTarget.replaceChildren();
  }
});
