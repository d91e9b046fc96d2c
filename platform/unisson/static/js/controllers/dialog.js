// Opens a <dialog> of the page (open), or shows another page's main part in one (fetch). Without script both are links.
unisson.register("dialog", class extends Stimulus.Controller {
  static values = { id: String };

  open(event) {
    const dialog = document.getElementById(this.idValue);
    if (!dialog) return;
    event.preventDefault();
    dialog.showModal();
  }

  async fetch(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0) return;
    event.preventDefault();
    const href = this.element.href;
    this.element.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const main = page.querySelector("main");
      if (!answer.ok || answer.redirected || !main) throw new Error(String(answer.status));
      this.show(main);
    } catch {
      // Whatever stood in the way stands on the page itself, with its own explanation.
      window.location.assign(href);
    } finally {
      this.element.removeAttribute("aria-busy");
    }
  }

  show(main) {
    const dialog = document.createElement("dialog");
    dialog.className = "dialog";
    const head = document.createElement("div");
    head.className = "dialog-head";
    const title = document.createElement("h2");
    title.id = `dialog-${Date.now()}`;
    title.textContent = main.querySelector("h1")?.textContent.trim() ?? this.element.textContent.trim();
    const close = document.createElement("button");
    close.type = "button";
    close.className = "button button-quiet button-icon";
    close.setAttribute("aria-label", document.body.dataset.close ?? "×");
    close.textContent = "×";
    close.addEventListener("click", () => dialog.close());
    head.append(title, close);
    const body = document.createElement("div");
    body.className = "dialog-body";
    body.append(...main.childNodes);
    dialog.setAttribute("aria-labelledby", title.id);
    dialog.append(head, body);
    dialog.addEventListener("close", () => { dialog.remove(); this.element.focus(); });
    document.body.append(dialog);
    window.htmx?.process(dialog);
    dialog.showModal();
  }
});
