// On a narrow screen a bar's tools stand behind one button: it shows and hides them; Escape hides them and gives it the focus.
// Without scripts, and on wide screens, they stand in the bar (month.css).
unisson.register("fold", class extends Stimulus.Controller {
  static targets = ["button"];
  static isOpen = false;

  // A bar that is brought up to date, or shows the next month, stands as the one before it did.
  connect() {
    if (this.constructor.isOpen) this.show(true);
  }

  toggle() {
    this.show(!("open" in this.element.dataset));
  }

  close(event) {
    if (event.key !== "Escape" || !("open" in this.element.dataset) || event.target.closest("details[open]")) return;
    this.show(false);
    this.buttonTarget.focus();
  }

  show(isOpen) {
    this.constructor.isOpen = isOpen;
    this.element.toggleAttribute("data-open", isOpen);
    this.buttonTarget.setAttribute("aria-expanded", String(isOpen));
  }
});
