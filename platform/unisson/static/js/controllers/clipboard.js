// <div data-controller="clipboard" data-clipboard-done-value="Copied"><input data-clipboard-target="source"><button class="needs-script" data-action="clipboard#copy">
unisson.register("clipboard", class extends Stimulus.Controller {
  static targets = ["source"];
  static values = { text: String, done: String, failed: String };

  async copy() {
    const text = this.hasSourceTarget ? this.sourceTarget.value ?? this.sourceTarget.textContent : this.textValue;
    try {
      await navigator.clipboard.writeText(text);
      unisson.say(this.doneValue, "success");
    } catch {
      // Refused (no https, or the person said no): the text is selected, so that it can be copied by hand.
      if (this.hasSourceTarget) this.sourceTarget.select?.();
      if (this.failedValue) unisson.say(this.failedValue, "warning");
    }
  }
});
