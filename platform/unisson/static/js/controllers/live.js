// Changes of others appear without reloading. The stream says only that something changed, and of which content;
// what it is now is asked of the server, which decides what one may see. While somebody drags, chooses or types,
// nothing moves under their hands: the page waits, or says that there is news.
unisson.register("live", class extends Stimulus.Controller {
  static values = { ticket: String, content: String, news: String, show: String };

  connect() {
    this.stop = unisson.stream.listen(this.ticketValue, (told) => this.changed(told));
  }

  disconnect() {
    this.stop();
    clearTimeout(this.waiting);
  }

  changed({ brands, contents }) {
    if (brands?.length === 0) return;
    if (this.contentValue) {
      if (contents.length === 0 || contents.includes(this.contentValue)) this.soon();
      return;
    }
    this.fresh = new Set([...(this.fresh ?? []), ...contents]);
    this.soon();
  }

  /** Three hundred open pages do not all ask at one instant. */
  soon() {
    if (this.waiting) return;
    this.waiting = setTimeout(() => {
      this.waiting = undefined;
      this.show();
    }, 100 + 400 * Math.random());
  }

  show() {
    if (this.isBusy) {
      this.waiting = setTimeout(() => {
        this.waiting = undefined;
        this.show();
      }, 700);
      return;
    }
    if (this.contentValue || this.element.querySelector("[name='content']:checked")) {
      if (!this.isSaid) unisson.say(this.newsValue, "info", { label: this.showValue, act: () => window.location.reload() });
      this.isSaid = true;
      return;
    }
    document.body.dispatchEvent(new CustomEvent("calendar-changed", { bubbles: true }));
  }

  /** Whether something is in somebody's hand: an entry dragged or being saved, a menu open, a field typed in. */
  get isBusy() {
    const typed = document.activeElement?.matches("input:not([type='checkbox']), textarea, select");
    const held = "[data-saving], [data-drawn], .sortable-chosen, .sortable-ghost, details.menu[open], dialog[open], .htmx-request";
    return Boolean((typed && this.element.contains(document.activeElement)) || this.element.querySelector(held));
  }

  /** The same bytes again change nothing on the page: neither scroll nor focus. What was asked for before something was
      moved would put it back for a moment: it is asked for again once that is saved. */
  swapping(event) {
    const { ctx } = event.detail;
    const stamp = ctx.response?.raw.headers.get("ETag");
    if (ctx.sourceElement?.id !== "month") return;
    if (this.element.querySelector(".entry[data-saving]")) {
      event.preventDefault();
      this.soon();
      return;
    }
    if (!stamp) return;
    const here = `${ctx.response.raw.url} ${stamp}`;
    if (here === this.stamp && ctx.sourceEvent?.type === "calendar-changed") event.preventDefault();
    this.stamp = here;
  }

  /** What others changed is marked for a moment. */
  swapped() {
    for (const id of this.fresh ?? []) {
      document.getElementById(`e-${id.slice(-12)}`)?.setAttribute("data-fresh", "");
    }
    this.fresh = undefined;
  }
});
