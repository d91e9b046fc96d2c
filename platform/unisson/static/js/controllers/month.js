// Moves entries of a month by drag and drop (SortableJS where it is loaded: mouse and touch) and by keyboard
// (Alt+arrows: a day or a week). The server decides; where it refuses, the entry goes back and its sentence is said.
unisson.register("month", class extends Stimulus.Controller {
  static steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  static targets = ["day", "live"];
  static values = { moving: String, moved: String, refused: String, undo: String, edge: String, undated: String, fixed: Object };

  /** Opened on a phone, where its days stand one below the other, it begins at today; coming back keeps the place. */
  initialize() {
    const [opened] = performance.getEntriesByType("navigation");
    const stacked = matchMedia("(max-width: 40rem)").matches;
    this.wantsToday = stacked && opened?.type === "navigate" && !location.hash && window.scrollY === 0 && "start";
  }

  dayTargetConnected(day) {
    if (this.wantsToday && day.closest("[data-today]")) {
      day.closest("[data-today]").scrollIntoView({ block: this.wantsToday });
      this.wantsToday = false;
    }
    if (!window.Sortable || this.sorters?.has(day)) return;
    this.sorters ??= new Map();
    this.sorters.set(day, window.Sortable.create(day, {
      group: "month", draggable: ".entry[data-movable]", ghostClass: "sortable-ghost", sort: false,
      delay: 180, delayOnTouchOnly: true, animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      onEnd: (event) => this.dropped(event),
    }));
  }

  dayTargetDisconnected(day) {
    this.sorters?.get(day)?.destroy();
    this.sorters?.delete(day);
  }

  /** On a phone the month is a list, and its first day is far from today's. */
  today() {
    this.wantsToday = "nearest";
  }

  key(event) {
    const step = this.constructor.steps[event.key];
    const entry = event.target.closest(".entry");
    if (!event.altKey || step === undefined || !entry) return;
    event.preventDefault();
    if (entry.hasAttribute("data-saving")) return;
    const from = entry.closest("[data-month-target~='day']");
    const days = this.dayTargets;
    const to = days[days.indexOf(from) + step];
    if (!entry.hasAttribute("data-movable")) this.explain(this.whyFixed(entry, from), entry);
    else if (to) this.move(entry, from, to);
    else this.explain(this.edgeValue, entry);
  }

  /** Why an entry can't be moved: what has become of it, that it has no date, or that nothing here can be moved. */
  whyFixed(entry, day) {
    return this.fixedValue[entry.dataset.state] ?? (day ? this.element.querySelector("#month").dataset.still : this.undatedValue);
  }

  explain(sentence, entry) {
    this.say(sentence, entry);
    document.querySelectorAll("#toasts .toast[data-fixed]").forEach((each) => each.remove());
    unisson.say(this.worded(sentence, entry))?.setAttribute("data-fixed", "");
  }

  dropped({ item, from, to }) {
    if (from !== to) this.move(item, from, to);
  }

  async move(entry, from, to, offers = true) {
    const next = entry.parentElement === from ? entry.nextElementSibling : null;
    const focused = document.activeElement === entry;
    to.append(entry);
    if (focused) entry.focus();
    entry.setAttribute("data-saving", "");
    this.say(this.movingValue, entry, to);
    const refusal = await this.send(entry, to.dataset.date);
    entry.removeAttribute("data-saving");
    if (refusal === null) {
      this.say(this.movedValue, entry, to);
      if (offers) this.offerUndo(entry, from, to);
      this.forgetStyles();
      this.dispatch("moved", { target: entry, detail: { date: to.dataset.date } });
      return;
    }
    from.insertBefore(entry, next?.parentElement === from ? next : null);
    if (focused) entry.focus();
    this.say(refusal, entry, from);
    unisson.say(refusal, "danger");
  }

  /** Dragging leaves style attributes, which the swap would carry over to the new entries: no policy lets it. */
  forgetStyles() {
    for (const each of this.element.querySelectorAll(".entry[style]")) each.removeAttribute("style");
  }

  /** The month is shown anew after a move: what goes back is found by its name, wherever it stands by then. */
  offerUndo(entry, from, to) {
    const { id } = entry;
    const back = from.dataset.date;
    unisson.say(this.worded(this.movedValue, entry, to), "success", {
      label: this.undoValue,
      act: () => {
        const moved = document.getElementById(id);
        const day = this.dayTargets.find((each) => each.dataset.date === back);
        if (moved && day) this.move(moved, moved.closest("[data-month-target~='day']"), day, false);
        else unisson.say(this.refusedValue, "danger");
      },
    });
  }

  /** Returns null when the server agreed, else the sentence that says why not. */
  async send(entry, date) {
    const body = new URLSearchParams({ date, version: entry.dataset.version ?? "", operation_id: crypto.randomUUID?.() ?? "" });
    try {
      const answer = await fetch(`${entry.getAttribute("href")}/move`, {
        method: "POST", body, credentials: "same-origin",
        headers: { "X-CSRFToken": unisson.token(), Accept: "application/json", "X-Requested-With": "fetch" },
      });
      const said = await answer.json().catch(() => ({}));
      // A move that asks for the approval again, or names an hour that comes twice, is for a person to confirm.
      if (said.form) window.location.assign(said.form);
      if (!answer.ok) return said.message || this.refusedValue;
      if (said.version !== undefined) entry.dataset.version = String(said.version);
      if (said.time) entry.querySelector(".entry-time")?.replaceChildren(said.time);
      return null;
    } catch {
      return this.refusedValue;
    }
  }

  say(sentence, entry, day) {
    if (this.hasLiveTarget) this.liveTarget.textContent = this.worded(sentence, entry, day);
  }

  worded(sentence, entry, day) {
    const title = entry.querySelector(".entry-title")?.textContent ?? "";
    return sentence.replace("{title}", title).replace("{day}", day?.dataset.label ?? day?.dataset.date);
  }
});
