// Suggests whom to name after an @: the people who read the thread. Arrows choose, Enter or Tab takes, Escape closes.
unisson.register("mention", class extends Stimulus.Controller {
  static targets = ["words"];
  static values = { people: String };

  connect() {
    this.list = document.createElement("ul");
    this.list.className = "mention-list";
    this.list.role = "listbox";
    this.list.hidden = true;
    this.list.id = `${this.wordsTarget.id}-people`;
    this.wordsTarget.after(this.list);
    this.wordsTarget.setAttribute("aria-controls", this.list.id);
    this.list.addEventListener("mousedown", (event) => { event.preventDefault(); this.take(event.target.closest("li")); });
  }

  disconnect() {
    this.list.remove();
  }

  suggest() {
    const before = this.wordsTarget.value.slice(0, this.wordsTarget.selectionStart);
    const typed = before.match(/@([^@\n]{0,40})$/);
    const wanted = typed?.[1].toLocaleLowerCase();
    const found = typed ? this.peopleValue.split("\n").filter((name) => name && name.toLocaleLowerCase().startsWith(wanted)) : [];
    this.list.replaceChildren(...found.slice(0, 8).map((name, place) => {
      const item = document.createElement("li");
      item.role = "option";
      item.textContent = name;
      item.setAttribute("aria-selected", String(place === 0));
      return item;
    }));
    this.list.hidden = found.length === 0 || found[0].toLocaleLowerCase() === wanted;
  }

  key(event) {
    if (this.list.hidden) return;
    const items = [...this.list.children];
    const at = items.findIndex((each) => each.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = (at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length;
      items.forEach((each, place) => each.setAttribute("aria-selected", String(place === next)));
    } else if (event.key === "Enter" || event.key === "Tab") {
      event.preventDefault();
      this.take(items[at]);
    } else if (event.key === "Escape") {
      this.list.hidden = true;
    }
  }

  take(item) {
    if (!item) return;
    const words = this.wordsTarget;
    const end = words.selectionStart;
    const start = words.value.slice(0, end).lastIndexOf("@");
    words.setRangeText(`@${item.textContent} `, start, end, "end");
    this.list.hidden = true;
    words.focus();
  }
});
