// Asks before a page with typed, unsent text is left.
unisson.register("unsaved", class extends Stimulus.Controller {
  connect() {
    this.dirty = false;
    this.typed = () => { this.dirty = true; };
    this.clean = () => { this.dirty = false; };
    this.guard = (event) => { if (this.dirty) event.preventDefault(); };
    this.element.addEventListener("input", this.typed);
    this.element.addEventListener("submit", this.clean);
    this.element.addEventListener("autosave:clean", this.clean);
    window.addEventListener("beforeunload", this.guard);
  }

  disconnect() {
    this.element.removeEventListener("input", this.typed);
    this.element.removeEventListener("submit", this.clean);
    this.element.removeEventListener("autosave:clean", this.clean);
    window.removeEventListener("beforeunload", this.guard);
  }
});
