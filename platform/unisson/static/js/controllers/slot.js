// Fills a form's date and time with the next free slot of the brand's rhythm; pressed again, with the one after.
unisson.register("slot", class extends Stimulus.Controller {
  static targets = ["button", "said"];
  static values = { url: String, failed: String };

  connect() {
    this.buttonTarget.hidden = false;
  }

  get form() {
    return this.element.closest("form");
  }

  field(name) {
    return this.form.querySelector(`[name=${name}]`);
  }

  async find() {
    const asked = new URLSearchParams();
    for (const box of this.form.querySelectorAll("[name=channel_ids]:checked")) asked.append("channel", box.value);
    for (const name of ["topic_id"]) if (this.field(name)?.value) asked.set("topic", this.field(name).value);
    if (this.found && this.found.date === this.field("date").value && this.found.time === this.field("time").value) {
      asked.set("after", this.found.at);
    }
    this.buttonTarget.setAttribute("aria-busy", "true");
    try {
      const url = new URL(this.urlValue, window.location.href);
      for (const [name, value] of asked) url.searchParams.append(name, value);
      const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      this.show(await answer.json());
    } catch {
      this.saidTarget.textContent = this.failedValue;
    } finally {
      this.buttonTarget.removeAttribute("aria-busy");
    }
  }

  show(found) {
    this.saidTarget.textContent = found.message;
    if (!found.date) return;
    this.found = found;
    for (const name of ["date", "time"]) {
      this.field(name).value = found[name];
      this.field(name).dispatchEvent(new Event("input", { bubbles: true }));
      this.field(name).dispatchEvent(new Event("change", { bubbles: true }));
    }
    this.choose(found.twice);
  }

  /** Of a time that comes twice, the slot is the first: the server then need not ask which. */
  choose(twice) {
    this.form.querySelector("[data-slot-fold]")?.remove();
    const first = this.form.querySelector("[type=radio][name=fold][value='0']");
    if (first) first.checked = true;
    else if (twice) {
      const fold = Object.assign(document.createElement("input"), { type: "hidden", name: "fold", value: "0" });
      fold.dataset.slotFold = "";
      this.element.append(fold);
    }
  }
});
