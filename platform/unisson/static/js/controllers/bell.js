// The number at the bell follows what others do, and what one reads in another tab.
unisson.register("bell", class extends Stimulus.Controller {
  static values = { ticket: String, path: String };
  static targets = ["bell"];

  connect() {
    this.look = () => this.count();
    document.body.addEventListener("notices-changed", this.look);
    this.stop = unisson.stream.listen(this.ticketValue, ({ notices }) => {
      if (notices) document.body.dispatchEvent(new CustomEvent("notices-changed"));
    });
  }

  disconnect() {
    document.body.removeEventListener("notices-changed", this.look);
    this.stop();
  }

  async count() {
    const answer = await fetch(this.pathValue, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const { number, said } = await answer.json();
    for (const bell of this.bellTargets) {
      bell.setAttribute("aria-label", said);
      bell.title = said;
      const count = bell.querySelector(".bell-count");
      count.textContent = number;
      count.hidden = number === "";
    }
  }

  /** Following a notice reads it; the page that it leads to need not wait for that. */
  read({ params, button }) {
    if (button > 1) return;
    fetch(params.reading, { method: "POST", keepalive: true, headers: { "X-CSRFToken": unisson.token() } }).catch(() => null);
  }
});
