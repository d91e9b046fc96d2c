// Has the card of the first link read once the link changed and the typing paused: htmx asks, the server draws.
unisson.register("link-card", class extends Stimulus.Controller {
  connect() {
    this.form = this.element.closest("form");
    this.wait = () => {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.look(), 900);
    };
    this.drawn = () => this.element.dispatchEvent(new Event("change", { bubbles: true }));
    this.form.addEventListener("input", this.wait);
    this.form.addEventListener("change", this.wait);
    this.element.addEventListener("htmx:after:swap", this.drawn);
    this.known = this.links();
    if (this.known && !this.element.querySelector("[name=card_url]")) this.ask();
  }

  disconnect() {
    clearTimeout(this.waiting);
    this.form.removeEventListener("input", this.wait);
    this.form.removeEventListener("change", this.wait);
    this.element.removeEventListener("htmx:after:swap", this.drawn);
  }

  /** The first link of each text, and where they go: what decides which page is read. */
  links() {
    const texts = [...this.form.querySelectorAll("textarea[name=body], textarea[name^='text-']")];
    const found = texts.map((each) => /https?:\/\/\S+/i.exec(each.value)?.[0] ?? "").filter(Boolean);
    const chosen = [...this.form.querySelectorAll("[name=channel_ids]:checked")].map((each) => each.value);
    return found.length ? [...found, ...chosen].join(" ") : "";
  }

  look() {
    const links = this.links();
    if (links === this.known) return;
    this.known = links;
    this.ask();
  }

  ask() {
    // After this turn: htmx reads its attributes once the page stands.
    setTimeout(() => this.element.dispatchEvent(new CustomEvent("link-card:look")), 50);
  }
});
