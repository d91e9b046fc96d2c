// A channel's own text: begun from the common one, or given up for it. Both are one's own typing: the preview follows.
unisson.register("own-text", class extends Stimulus.Controller {
  static targets = ["text", "tool"];

  connect() {
    this.toolTargets.forEach((tool) => { tool.hidden = false; });
  }

  begin() {
    this.write(document.getElementById("body")?.value ?? "");
  }

  back() {
    this.write("");
    this.element.open = false;
  }

  write(words) {
    this.textTarget.value = words;
    this.textTarget.dispatchEvent(new Event("input", { bubbles: true }));
    if (words) this.textTarget.focus();
  }
});
