// Puts notes and events on other days: drawn longer or shorter by their end, moved as a whole, by mouse and touch; by
// keyboard Alt+arrows move them and Shift+Alt+arrows draw them. The server decides; what it refuses stays as it was.
unisson.register("span", class extends Stimulus.Controller {
  static steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  static targets = ["live"];
  static values = { saved: String, refused: String, undo: String };

  key(event) {
    const step = this.constructor.steps[event.key];
    const mark = event.target.closest("a.day-mark[data-lasts]");
    if (!event.altKey || step === undefined || !mark) return;
    event.preventDefault();
    const [first, last] = this.days(mark);
    this.place(mark, event.shiftKey ? first : this.after(first, step), this.after(last, step));
  }

  grasp(event) {
    const mark = event.target.closest("[data-lasts]");
    const end = event.target.closest(".day-mark-end");
    if (!mark || event.button !== 0 || (event.pointerType !== "mouse" && !end)) return;
    this.held = { mark, isEnd: Boolean(end), from: this.dayAt(event), x: event.clientX, y: event.clientY };
    if (end) event.preventDefault();
  }

  drag(event) {
    if (!this.held || Math.hypot(event.clientX - this.held.x, event.clientY - this.held.y) < 6) return;
    this.held.isDragged = true;
    const days = this.drawn(event);
    for (const day of this.element.querySelectorAll("[data-month-target~='day']")) {
      const { date } = day.dataset;
      day.toggleAttribute("data-drawn", Boolean(days) && date >= days[0] && date <= days[1]);
    }
  }

  /** Links have a drag of their own, which would take ours away. */
  still(event) {
    if (event.target.closest?.("[data-lasts]")) event.preventDefault();
  }

  drop(event) {
    if (!this.held?.isDragged) return this.release();
    // The click that ends a drag opens nothing; it comes before anything that waits.
    const still = (click) => click.preventDefault();
    this.element.addEventListener("click", still, { once: true, capture: true });
    setTimeout(() => this.element.removeEventListener("click", still, { capture: true }), 0);
    const { mark } = this.held;
    const days = this.drawn(event);
    this.release();
    if (days) this.place(mark, ...days);
  }

  release() {
    this.held = undefined;
    for (const day of this.element.querySelectorAll("[data-drawn]")) day.removeAttribute("data-drawn");
  }

  /** Returns the days that what is held would stand on, dropped here; null where there is no day. */
  drawn(event) {
    const here = this.dayAt(event);
    if (!here || !this.held.from) return null;
    const [first, last] = this.days(this.held.mark);
    if (this.held.isEnd) return [first, here < first ? first : here];
    const step = Math.round((Date.parse(here) - Date.parse(this.held.from)) / 86400000);
    return [this.after(first, step), this.after(last, step)];
  }

  async place(mark, first, last, offers = true) {
    const [was, until] = this.days(mark);
    if ((first === was && last === until) || last < first) return;
    const { note } = mark.dataset;
    const refusal = await this.send(note, first, last, mark.dataset.lasts);
    if (refusal) return unisson.say(refusal, "danger");
    const back = mark.cloneNode();
    back.dataset.lasts = `${first}/${last}`;
    const said = this.savedValue.replace("{first}", this.label(first)).replace("{last}", this.label(last));
    if (this.hasLiveTarget) this.liveTarget.textContent = said;
    if (offers) unisson.say(said, "success", { label: this.undoValue, act: () => this.place(back, was, until, false) });
    document.body.dispatchEvent(new CustomEvent("calendar-changed", { bubbles: true }));
    if (document.activeElement === mark) this.wanted = note;
  }

  /** The days are shown anew: whoever moves by keyboard goes on where they were. */
  shown() {
    if (this.wanted) this.element.querySelector(`a.day-mark[data-note="${this.wanted}"]`)?.focus();
    this.wanted = undefined;
  }

  /** Returns null when the server agreed, else the sentence that says why not. */
  async send(note, first, last, shown) {
    const body = new URLSearchParams({ starts_on: first, ends_on: last, shown, operation_id: crypto.randomUUID?.() ?? "" });
    try {
      const answer = await fetch(`${note}/days`, {
        method: "POST", body, credentials: "same-origin",
        headers: { "X-CSRFToken": unisson.token(), Accept: "application/json", "X-Requested-With": "fetch" },
      });
      const said = await answer.json().catch(() => ({}));
      return answer.ok ? null : said.message || this.refusedValue;
    } catch {
      return this.refusedValue;
    }
  }

  days(mark) {
    return mark.dataset.lasts.split("/");
  }

  after(day, step) {
    return new Date(Date.parse(day) + step * 86400000).toISOString().slice(0, 10);
  }

  label(day) {
    return this.element.querySelector(`[data-month-target~='day'][data-date='${day}']`)?.dataset.label ?? day;
  }

  dayAt(event) {
    const found = document.elementFromPoint(event.clientX, event.clientY)?.closest(".month-day");
    return found?.querySelector("[data-month-target~='day']")?.dataset.date;
  }
});
