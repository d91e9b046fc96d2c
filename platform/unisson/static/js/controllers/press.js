// The parts of a release: shown for the kinds that have them, with as many rows of quotes as are wanted.
unisson.register("press", class extends Stimulus.Controller {
  static targets = ["part", "row", "plain", "adder", "remover"];

  connect() {
    this.show = this.show.bind(this);
    for (const name of ["input", "change"]) this.element.addEventListener(name, this.show);
    this.plainTargets.forEach((hint) => { hint.hidden = true; });
    this.removerTargets.forEach((button) => { button.hidden = false; });
    this.rowTargets.slice(1).forEach((row) => { row.hidden = true; });
    this.show();
  }

  disconnect() {
    for (const name of ["input", "change"]) this.element.removeEventListener(name, this.show);
  }

  show() {
    const kind = this.element.querySelector("input[name=kind]:checked")?.value ?? "";
    for (const part of this.partTargets) part.hidden = !part.dataset.kinds.split(" ").includes(kind);
    for (const row of this.rowTargets) if (this.fields(row).some((field) => field.value)) row.hidden = false;
    this.adderTarget.hidden = this.rowTargets.every((row) => !row.hidden);
  }

  add(event) {
    // Enter in another field presses a form's first button too: that is no wish for a quote.
    if (event.detail === 0 && document.activeElement !== event.currentTarget) return;
    event.preventDefault();
    const row = this.rowTargets.find((each) => each.hidden);
    if (row) row.hidden = false;
    this.show();
    if (row) this.fields(row)[0].focus();
  }

  /** Those below move up, so that no number is missing; the last one is emptied and put away. */
  remove(event) {
    const shown = this.rowTargets.filter((row) => !row.hidden);
    const from = shown.findIndex((row) => row.contains(event.currentTarget));
    for (let at = from; at < shown.length; at += 1) {
      const next = shown[at + 1] ? this.fields(shown[at + 1]) : [];
      this.fields(shown[at]).forEach((field, place) => { field.value = next[place]?.value ?? ""; });
    }
    shown.at(-1).hidden = true;
    this.adderTarget.hidden = false;
    this.adderTarget.focus();
    this.adderTarget.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Somebody whom the strategy names brings what they are, unless something else stands there. */
  introduce(event) {
    const name = event.currentTarget;
    const role = name.closest("[data-press-target=row]").querySelector("input[name$=role]");
    const known = [...(name.list?.options ?? [])].find((each) => each.value === name.value.trim());
    if (known && !role.value) role.value = known.label;
  }

  fields(row) {
    return [...row.querySelectorAll("textarea, input")];
  }
});
