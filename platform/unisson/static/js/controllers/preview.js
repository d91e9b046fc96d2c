// Asks the server for the preview of what is typed, after a pause. The server draws it: one truth for every channel.
unisson.register("preview", class extends Stimulus.Controller {
  static targets = ["frame"];
  static values = { url: String };

  refresh() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.draw(), 350);
  }

  disconnect() {
    clearTimeout(this.waiting);
    this.asking?.abort();
  }

  async draw() {
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    const form = this.element.matches("form") ? this.element : this.element.querySelector("form");
    const typed = new FormData(form);
    // Pictures are stored already or come with the form: a preview never uploads.
    for (const [name, value] of [...typed]) if (value instanceof File) typed.delete(name);
    // Nothing is carried out: the form's number is the saving's own, which may be under way.
    typed.delete("operation_id");
    try {
      const answer = await fetch(this.urlValue, {
        method: "POST", body: typed, signal: asking.signal, credentials: "same-origin",
        headers: { "X-CSRFToken": unisson.token(), Accept: "text/html" },
      });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      this.frameTarget.replaceChildren(...page.body.childNodes);
    } catch (error) {
      // The last preview stays; saving does not depend on it.
      if (error.name !== "AbortError") this.frameTarget.setAttribute("data-stale", "");
    }
  }
});
