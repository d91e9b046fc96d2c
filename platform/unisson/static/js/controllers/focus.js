// Takes the focus as it appears: an error summary is read out, and the keyboard stands where the links to the fields are.
unisson.register("focus", class extends Stimulus.Controller {
  connect() {
    this.element.focus({ preventScroll: false });
  }
});
