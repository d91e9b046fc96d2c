// Writes the signs of Markdown around what is selected. It stays one's own typing: it can be undone, and is kept.
unisson.register("markdown", class extends Stimulus.Controller {
  static targets = ["tools"];
  static keys = { b: "bold", i: "italic", k: "link" };
  static around = { bold: "**", italic: "*" };
  static before = { list: "- ", quote: "> " };

  connect() {
    this.text = this.element.querySelector("textarea");
    this.press = this.press.bind(this);
    this.text.addEventListener("keydown", this.press);
    this.toolsTargets.forEach((tools) => { tools.hidden = false; });
  }

  disconnect() {
    this.text.removeEventListener("keydown", this.press);
  }

  press(event) {
    const sign = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && this.constructor.keys[event.key.toLowerCase()];
    if (!sign) return;
    event.preventDefault();
    this.mark(sign);
  }

  write(event) {
    this.mark(event.params.sign);
  }

  mark(sign) {
    const { around, before } = this.constructor;
    this.text.focus();
    if (around[sign]) this.wrap(around[sign]);
    else if (before[sign]) this.begin(before[sign]);
    else this.link();
  }

  /** Twice takes it away again. */
  wrap(signs) {
    const { value, selectionStart: from, selectionEnd: to } = this.text;
    const [left, words, right] = [value.slice(0, from), value.slice(from, to), value.slice(to)];
    if (left.endsWith(signs) && right.startsWith(signs)) return this.put(from - signs.length, to + signs.length, words, 0, words.length);
    return this.put(from, to, `${signs}${words}${signs}`, signs.length, words.length);
  }

  begin(sign) {
    const { value, selectionStart, selectionEnd: to } = this.text;
    const from = value.lastIndexOf("\n", selectionStart - 1) + 1;
    const lines = value.slice(from, to).split("\n");
    const marked = lines.every((line) => line.startsWith(sign)) ? lines.map((line) => line.slice(sign.length)) : lines.map((line) => sign + line);
    // A list right under a paragraph would still be one in CommonMark, but reads better after an empty line.
    const gap = from > 1 && value[from - 2] !== "\n" && !value.slice(0, from).trimEnd().split("\n").at(-1).startsWith(sign.trim()) ? "\n" : "";
    const words = gap + marked.join("\n");
    this.put(from, to, words, words.length, 0);
  }

  link() {
    const { value, selectionStart: from, selectionEnd: to } = this.text;
    const words = value.slice(from, to);
    if (/^https?:\/\/\S+$/.test(words)) return this.put(from, to, `[](${words})`, 1, 0);
    return this.put(from, to, `[${words}](https://)`, words ? words.length + 3 : 1, words ? 8 : 0);
  }

  put(from, to, words, start, length) {
    this.text.setSelectionRange(from, to);
    // The one way that leaves the browser's own undo whole; where it is gone, the text is set.
    if (!document.execCommand("insertText", false, words)) {
      this.text.setRangeText(words, from, to, "end");
      this.text.dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.text.setSelectionRange(from + start, from + start + length);
  }
});
