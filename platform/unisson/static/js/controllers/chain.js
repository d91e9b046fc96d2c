// Puts the stages of a chain in order: by drag (SortableJS where it is loaded), by Alt and the arrows, by the buttons.
// Without scripts the buttons send the form, and the server does the same. A folded stage says its words as they change.
unisson.register("chain", class extends Stimulus.Controller {
  static targets = ["list", "stage", "live", "told"];
  static values = { moved: String };

  connect() {
    if (window.Sortable) {
      this.sorter = window.Sortable.create(this.listTarget, {
        handle: ".stage-grip", draggable: "[data-chain-target='stage']", ghostClass: "sortable-ghost",
        animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
        onEnd: (event) => this.said(event.item),
      });
    }
  }

  disconnect() {
    this.sorter?.destroy();
  }

  /** The server said a stage anew, in the words that a submission will go by. */
  toldTargetConnected(told) {
    const words = this.listTarget.querySelector(`summary[data-stage="${told.dataset.stage}"]`);
    if (words && words.textContent !== told.textContent) words.textContent = told.textContent;
  }

  /** Which stages are open goes with the form, so that they still are where it comes back. */
  sent({ formData }) {
    for (const stage of this.stageTargets) {
      if (stage.querySelector(".stage-fold").open) formData.append("open", stage.dataset.stage);
    }
  }

  key(event) {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const stage = event.target.closest("[data-chain-target='stage']");
    if (!stage) return;
    event.preventDefault();
    this.move(stage, event.key === "ArrowUp" ? -1 : 1, event.target);
  }

  up(event) {
    this.pressed(event, -1);
  }

  down(event) {
    this.pressed(event, 1);
  }

  remove(event) {
    if (this.stageTargets.length < 2) return;
    event.preventDefault();
    const stage = event.target.closest("[data-chain-target='stage']");
    const near = stage.nextElementSibling ?? stage.previousElementSibling;
    stage.remove();
    this.said(near);
    near.focus();
  }

  pressed(event, step) {
    event.preventDefault();
    this.move(event.target.closest("[data-chain-target='stage']"), step, event.target.closest("button"));
  }

  move(stage, step, focus) {
    const stages = this.stageTargets;
    const other = stages[stages.indexOf(stage) + step];
    if (!other) return;
    if (step < 0) other.before(stage); else other.after(stage);
    this.said(stage);
    (focus.isConnected && !focus.hidden ? focus : stage).focus();
  }

  said(stage) {
    const stages = this.stageTargets;
    stages.forEach((each, place) => {
      const title = each.querySelector("h3");
      title.textContent = title.textContent.replace(/\d+/, place + 1);
    });
    const place = stages.indexOf(stage) + 1;
    this.liveTarget.textContent = this.movedValue.replace("{n}", place).replace("{m}", stages.length);
    this.dispatch("moved");
  }
});
