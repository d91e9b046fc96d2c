// Sends many files, three at a time, each by itself and with its own bar; goes on where it broke off (tus).
// Without it the form of several files does, whose answer is the same list.
unisson.register("bulk", class extends Stimulus.Controller {
  static targets = ["input", "drop", "plain", "row", "list", "sum", "said"];
  static values = { url: String, list: String, most: Number, words: Object };
  static part = 1024 * 1024;
  static atOnce = 3;
  static delays = [0, 1000, 3000, 5000, 10000, 20000];

  connect() {
    if (!window.tus?.isSupported) return;
    this.files = [];
    this.plainTarget.hidden = true;
    this.over = (event) => {
      if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
      event.preventDefault();
      this.dropTarget.toggleAttribute("data-over", event.type !== "drop" && event.type !== "dragleave");
      if (event.type === "drop") this.add(event.dataTransfer.files);
    };
    for (const name of ["dragenter", "dragover", "dragleave", "drop"]) this.dropTarget.addEventListener(name, this.over);
    this.online = () => this.files.filter((each) => each.state === "broken").forEach((each) => this.queue(each));
    this.leave = (event) => { if (this.files.some((each) => ["waiting", "sending", "broken"].includes(each.state))) event.preventDefault(); };
    window.addEventListener("online", this.online);
    window.addEventListener("beforeunload", this.leave);
    this.look();
  }

  disconnect() {
    for (const name of ["dragenter", "dragover", "dragleave", "drop"]) this.dropTarget.removeEventListener(name, this.over);
    window.removeEventListener("online", this.online);
    window.removeEventListener("beforeunload", this.leave);
    clearTimeout(this.looking);
    for (const each of this.files ?? []) {
      clearTimeout(each.later);
      each.upload?.abort();
    }
  }

  choose() {
    if (!this.files) return;
    this.add(this.inputTarget.files);
    this.inputTarget.value = "";
  }

  add(files) {
    const items = document.createDocumentFragment();
    const added = [];
    for (const file of files) {
      const item = this.rowTarget.content.firstElementChild.cloneNode(true);
      item.querySelector(".upload-name").textContent = file.name;
      item.querySelector("progress").setAttribute("aria-label", file.name);
      items.append(item);
      added.push({ file, item });
    }
    this.listTarget.prepend(items);
    this.files.push(...added);
    for (const one of added) {
      if (one.file.size > this.mostValue) this.show(one, "refused", this.wordsValue.heavy);
      else this.queue(one);
    }
  }

  queue(one) {
    this.show(one, "waiting");
    this.pump();
  }

  pump() {
    const sending = this.files.filter((each) => each.state === "sending").length;
    const next = this.files.filter((each) => each.state === "waiting").slice(0, Math.max(0, this.constructor.atOnce - sending));
    for (const one of next) this.send(one);
    this.sumUp();
  }

  async send(one) {
    this.show(one, "sending");
    await one.ended;
    if (one.state !== "sending") return;
    one.upload ??= new tus.Upload(one.file, {
      endpoint: this.urlValue,
      chunkSize: this.constructor.part,
      retryDelays: this.constructor.delays,
      removeFingerprintOnSuccess: true,
      headers: { "X-CSRFToken": unisson.token(), Accept: "application/json" },
      metadata: { filename: one.file.name },
      onProgress: (sent, all) => { one.item.querySelector("progress").value = (100 * sent) / all; },
      onSuccess: () => this.sent(one),
      onError: (error) => this.fault(one, error),
    });
    const before = one.upload.url ? [] : await one.upload.findPreviousUploads().catch(() => []);
    if (one.state !== "sending") return;
    if (before.length) one.upload.resumeFromPreviousUpload(before[0]);
    one.upload.start();
  }

  sent(one) {
    const id = `upload-${one.upload.url.split("/").pop()}`;
    document.getElementById(id)?.remove();
    one.item.id = id;
    this.show(one, "preparing");
    this.pump();
    this.look();
  }

  fault(one, error) {
    const answer = error.originalResponse;
    const status = answer?.getStatus() ?? 0;
    if (status === 429) {
      this.show(one, "waiting", this.sentence(answer));
      one.state = "resting";
      one.later = setTimeout(() => this.queue(one), 5000);
    } else if (status >= 400 && status < 500) {
      this.show(one, "refused", this.sentence(answer));
    } else {
      this.show(one, "broken", status ? this.wordsValue.failed : this.wordsValue.broken);
    }
    this.pump();
  }

  sentence(answer) {
    try {
      return JSON.parse(answer.getBody()).message || this.wordsValue.failed;
    } catch {
      return this.wordsValue.failed;
    }
  }

  stop(event) {
    const one = this.of(event);
    clearTimeout(one.later);
    // Where it cannot be told, the server forgets it by itself after a day.
    one.ended = one.upload?.abort(true).catch(() => {});
    one.upload = null;
    this.show(one, "stopped");
    this.pump();
  }

  again(event) {
    this.queue(this.of(event));
  }

  of(event) {
    const item = event.target.closest("li");
    return this.files.find((each) => each.item === item);
  }

  show(one, state, words = null) {
    one.state = one.item.dataset.state = state;
    one.item.querySelector(".upload-word").textContent = words ?? this.wordsValue[state];
    const [stop, again] = one.item.querySelectorAll("button");
    stop.hidden = !["waiting", "sending"].includes(state);
    again.hidden = !["stopped", "broken"].includes(state);
  }

  sumUp() {
    if (!this.files.length) return;
    const done = this.files.filter((each) => ["settled", "refused"].includes(each.state)).length;
    this.sumTarget.hidden = false;
    const said = this.wordsValue.sent.replace("{done}", done).replace("{all}", this.files.length);
    if (this.saidTarget.textContent !== said) this.saidTarget.textContent = said;
  }

  /** Asks what became of what is being prepared, until nothing is. */
  look() {
    clearTimeout(this.looking);
    if (this.listTarget.querySelector('[data-state="preparing"]')) this.looking = setTimeout(() => this.refresh(), 1000);
  }

  async refresh() {
    try {
      const answer = await fetch(this.listValue, { headers: { "HX-Request": "true" } });
      const page = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
      for (const item of page?.querySelectorAll(".upload-row") ?? []) this.replace(item);
    } catch {
      // Asked again in a moment.
    }
    this.sumUp();
    this.look();
  }

  replace(item) {
    const shown = document.getElementById(item.id);
    const settled = item.dataset.state !== "preparing";
    if (!shown || shown.dataset.state !== "preparing") return;
    if (!settled && item.matches("[data-late]") === shown.matches("[data-late]")) return;
    const one = this.files.find((each) => each.item === shown);
    const fresh = document.importNode(item, true);
    shown.replaceWith(fresh);
    if (one) Object.assign(one, { item: fresh, state: settled ? "settled" : one.state });
  }
});
