// Counts what a channel counts: graphemes (an emoji of a family is one) or UTF-8 bytes. The server counts again.
unisson.register("counter", class extends Stimulus.Controller {
  static targets = ["used", "meter", "said"];
  static values = { for: String, limit: Number, unit: String, near: String, over: String };

  connect() {
    this.field = document.getElementById(this.forValue);
    this.segmenter = "Segmenter" in Intl ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : null;
    this.count = this.count.bind(this);
    this.field?.addEventListener("input", this.count);
    if (this.field) this.count();
  }

  disconnect() {
    this.field?.removeEventListener("input", this.count);
    clearTimeout(this.saying);
  }

  length(text) {
    if (this.unitValue === "bytes") return new TextEncoder().encode(text).length;
    if (!this.segmenter) return Array.from(text).length;
    let graphemes = 0;
    for (const _grapheme of this.segmenter.segment(text)) graphemes += 1;
    return graphemes;
  }

  count() {
    const used = this.length(this.field.value);
    const left = this.limitValue - used;
    this.usedTarget.textContent = String(used);
    this.meterTarget.value = Math.min(used, this.limitValue);
    this.element.toggleAttribute("data-over", left < 0);
    // Said only near the limit and after a pause: a number at each key would bury what is being typed.
    clearTimeout(this.saying);
    this.saying = setTimeout(() => { this.saidTarget.textContent = this.sentence(left); }, 600);
  }

  sentence(left) {
    if (left < 0) return this.overValue.replace("{n}", String(-left));
    return left <= this.limitValue * 0.1 ? this.nearValue.replace("{n}", String(left)) : "";
  }
});
