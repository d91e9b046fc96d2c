// Chooses all rows of a list at once, and says how many are chosen. Without it, each has its own box.
unisson.register("choose", class extends Stimulus.Controller {
  static targets = ["all", "one", "said"];

  connect() {
    if (this.hasAllTarget) this.allTarget.hidden = false;
    this.count();
  }

  all() {
    for (const box of this.oneTargets) box.checked = this.allTarget.checked;
    this.count();
  }

  count() {
    const chosen = this.oneTargets.filter((box) => box.checked).length;
    if (this.hasAllTarget) {
      this.allTarget.checked = chosen > 0 && chosen === this.oneTargets.length;
      this.allTarget.indeterminate = chosen > 0 && chosen < this.oneTargets.length;
    }
    if (this.hasSaidTarget) this.saidTarget.textContent = chosen ? `(${chosen})` : "";
  }
});
