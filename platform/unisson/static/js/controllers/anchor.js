// Chooses what a request for changes is about: words selected in a preview, or a point clicked on an image. Without it
// the same fields work by themselves: a sentence, an image, and two rulers.
unisson.register("anchor", class extends Stimulus.Controller {
  static targets = ["passage", "point", "sentence", "taking", "quote", "shown", "picture", "stage", "x", "y"];
  static values = { none: String };

  connect() {
    this.takingTarget.hidden = false;
    this.remember = () => this.keepSelection();
    document.addEventListener("selectionchange", this.remember);
    if (this.hasPictureTarget) this.draw();
  }

  disconnect() {
    document.removeEventListener("selectionchange", this.remember);
  }

  /** A press on the button may take the selection away: the last one in a preview is kept. */
  keepSelection() {
    const selection = document.getSelection();
    const within = selection?.anchorNode?.parentElement?.closest(".preview");
    const words = selection?.toString().trim();
    if (within && words) this.selected = words;
  }

  take() {
    if (!this.selected) {
      this.shownTarget.textContent = this.noneValue;
      return;
    }
    this.passageTarget.checked = true;
    this.sentenceTarget.value = "";
    this.quote(this.selected);
  }

  sentence() {
    this.passageTarget.checked = true;
    this.quote("");
  }

  quote(words) {
    this.quoteTarget.value = words;
    const quoted = document.createElement("q");
    quoted.textContent = words;
    this.shownTarget.replaceChildren(...(words ? [quoted] : []));
  }

  picture() {
    this.pointTarget.checked = true;
    this.draw();
  }

  move() {
    this.pointTarget.checked = true;
    this.draw();
  }

  point(event) {
    const box = event.currentTarget.querySelector("img").getBoundingClientRect();
    const part = (at, start, size) => Math.min(100, Math.max(0, ((at - start) / size) * 100)).toFixed(2);
    this.xTarget.value = part(event.clientX, box.left, box.width);
    this.yTarget.value = part(event.clientY, box.top, box.height);
    this.pointTarget.checked = true;
    this.draw();
  }

  draw() {
    for (const stage of this.stageTargets) {
      stage.hidden = stage.dataset.digest !== this.pictureTarget.value;
      const { width, height } = stage.querySelector("svg").viewBox.baseVal;
      const at = `translate(${(this.xTarget.value / 100) * width} ${(this.yTarget.value / 100) * height})`;
      stage.querySelector("g").setAttribute("transform", at);
    }
  }
});
