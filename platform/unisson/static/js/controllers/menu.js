// <details> opens by itself; this closes it on Escape (giving the focus back) and on a click elsewhere.
unisson.register("menu", class extends Stimulus.Controller {
  connect() {
    this.outside = (event) => { if (!this.element.contains(event.target)) this.element.open = false; };
    this.escape = (event) => {
      if (event.key !== "Escape" || !this.element.open) return;
      this.element.open = false;
      this.element.querySelector("summary").focus();
    };
    document.addEventListener("click", this.outside);
    this.element.addEventListener("keydown", this.escape);
  }

  disconnect() {
    document.removeEventListener("click", this.outside);
    this.element.removeEventListener("keydown", this.escape);
  }
});
