// A message leaves by itself after ten seconds, unless it is being read, can be undone, or tells of a danger.
unisson.register("toast", class extends Stimulus.Controller {
  connect() {
    const stays = this.element.dataset.tone === "danger" || this.element.querySelector("form, .toast-undo");
    if (!stays) this.wait();
    this.element.addEventListener("pointerenter", () => clearTimeout(this.leaving));
    this.element.addEventListener("focusin", () => clearTimeout(this.leaving));
  }

  disconnect() {
    clearTimeout(this.leaving);
  }

  wait() {
    this.leaving = setTimeout(() => this.close(), 10000);
  }

  close() {
    this.element.setAttribute("data-leaving", "");
    setTimeout(() => this.element.remove(), 240);
  }
});
