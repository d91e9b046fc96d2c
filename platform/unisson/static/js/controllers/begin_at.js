// A box that is wider than the screen begins at what matters now, in its middle.
unisson.register("begin-at", class extends Stimulus.Controller {
  static targets = ["here"];

  hereTargetConnected(here) {
    const box = this.element;
    box.scrollLeft = here.offsetLeft - (box.clientWidth - here.offsetWidth) / 2;
  }
});
