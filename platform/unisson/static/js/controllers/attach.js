// Sends the images that are chosen in a content's form by themselves (tus), has them prepared by a worker, and puts each
// into the form as it is ready. Without it, they come with the form and are prepared as it is read.
unisson.register("attach", class extends Stimulus.Controller {
  static targets = ["rows", "list", "row"];
  static values = { url: String, list: String, row: String, most: Number, words: Object };

  connect() {
    this.under = new Map();
    this.form = this.element.closest("form");
    this.show();
    this.held = (event) => this.hold(event);
    this.form.addEventListener("submit", this.held, { capture: true });
  }

  disconnect() {
    this.form.removeEventListener("submit", this.held, { capture: true });
    clearTimeout(this.looking);
    for (const { upload } of this.under.values()) upload?.abort();
  }

  choose({ target }) {
    if (target.type !== "file" || !window.tus?.isSupported) return;
    const files = [...target.files];
    target.value = "";
    target.dispatchEvent(new Event("input")); // controllers/upload.js: nothing is chosen any more
    for (const file of files) this.send(file);
  }

  send(file) {
    const item = this.rowTarget.content.firstElementChild.cloneNode(true);
    item.querySelector(".upload-name").textContent = file.name;
    item.querySelector("progress").setAttribute("aria-label", file.name);
    this.listTarget.append(item);
    if (file.size > this.mostValue) return this.refuse(item, this.wordsValue.heavy);
    this.say(item, "sending");
    queueMicrotask(() => this.show(true));
    const upload = new tus.Upload(file, {
      endpoint: this.urlValue,
      chunkSize: 1024 * 1024,
      retryDelays: [0, 1000, 3000, 5000, 10000, 20000],
      removeFingerprintOnSuccess: true,
      headers: { "X-CSRFToken": unisson.token(), Accept: "application/json" },
      metadata: { filename: file.name },
      onProgress: (sent, all) => { item.querySelector("progress").value = (100 * sent) / all; },
      onSuccess: () => {
        this.under.get(item).id = `upload-${upload.url.split("/").pop()}`;
        this.say(item, "preparing");
        this.look();
      },
      onError: (error) => this.refuse(item, this.sentence(error.originalResponse)),
    });
    this.under.set(item, { upload });
    upload.start();
  }

  sentence(answer) {
    try {
      return JSON.parse(answer.getBody()).message || this.wordsValue.failed;
    } catch {
      return this.wordsValue.failed;
    }
  }

  /** Asks what became of what is being prepared, until nothing is. */
  look() {
    clearTimeout(this.looking);
    if ([...this.under.values()].some(({ id }) => id)) this.looking = setTimeout(() => this.refresh(), 400);
  }

  async refresh() {
    try {
      const answer = await fetch(this.listValue, { headers: { "HX-Request": "true" } });
      const page = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
      for (const [item, { id }] of this.under) {
        const known = id && page?.getElementById(id);
        if (known?.dataset.media) await this.put(item, known.dataset.media);
        // What is late does not keep the text waiting: it comes into the library later.
        else if (known?.matches('[data-state="refused"], [data-late]')) this.refuse(item, known.querySelector(".small")?.textContent ?? this.wordsValue.failed);
      }
    } catch {
      // Asked again in a moment.
    }
    this.look();
  }

  /** What the worker made becomes a row of the form, once. */
  async put(item, media) {
    if (!this.form.querySelector(`[name="picture_id"][value="${media}"]:is([type="hidden"], :checked)`)) {
      const number = this.rowsTarget.children.length + 1;
      const answer = await fetch(`${this.rowValue}?media=${media}&number=${number}`, { headers: { "HX-Request": "true" } });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const row = document.importNode(page.body.firstElementChild, true);
      this.describe(row);
      this.rowsTarget.append(row);
      row.querySelector(`[name^="alt-"]`).dispatchEvent(new Event("input", { bubbles: true }));
    }
    item.remove();
    this.done(item);
  }

  /** The description that was being written while its picture was on the way goes with it. */
  describe(row) {
    const typed = this.form.elements.new_alt;
    const alt = row.querySelector(`[name^="alt-"]`);
    if (!typed || this.under.size !== 1) return;
    if (typed.value) alt.value = typed.value;
    const wasHere = document.activeElement === typed;
    typed.value = "";
    if (wasHere) requestAnimationFrame(() => alt.focus());
  }

  /** A description of its own is asked while one picture is on its way; after that the picture's row has its field. */
  show(moves = false) {
    const typed = this.form.elements.new_alt;
    if (!typed || !window.tus?.isSupported) return;
    typed.closest(".field").hidden = this.under.size !== 1 && !typed.value;
    if (moves && this.under.size === 1) typed.focus();
  }

  refuse(item, sentence) {
    item.dataset.state = "refused";
    item.querySelector(".upload-said").replaceChildren(sentence);
    this.done(item);
  }

  say(item, state) {
    item.dataset.state = state;
    item.querySelector(".upload-word").textContent = this.wordsValue[state];
  }

  done(item) {
    this.under.delete(item);
    this.show();
    if (this.under.size === 0 && this.wanted) {
      const { submitter } = this.wanted;
      this.wanted = undefined;
      // What was refused is said; the form waits for a person again.
      if (!this.listTarget.querySelector('[data-state="refused"]')) this.form.requestSubmit(submitter);
    }
  }

  /** A form that is sent while images are on their way waits for them. */
  hold(event) {
    if (this.under.size === 0) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.wanted = { submitter: event.submitter };
    unisson.say(this.wordsValue.waits, "info");
  }
});
