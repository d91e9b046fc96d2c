// Shows the chosen pictures before they are sent, and takes the person on to their description.
unisson.register("upload", class extends Stimulus.Controller {
  static targets = ["input", "previews", "alt"];

  show() {
    this.forget();
    for (const file of this.inputTarget.files) this.previewsTarget.append(this.item(file));
    this.previewsTarget.hidden = this.inputTarget.files.length === 0;
    if (this.hasAltTarget && this.inputTarget.files.length > 0) this.altTarget.focus();
  }

  item(file) {
    const item = document.createElement("li");
    if (file.type.startsWith("image/")) {
      const picture = document.createElement("img");
      picture.alt = "";
      picture.src = URL.createObjectURL(file);
      (this.addresses ??= []).push(picture.src);
      item.append(picture);
    }
    const name = document.createElement("p");
    name.textContent = `${file.name} · ${Math.max(1, Math.round(file.size / 1024))} kB`;
    item.append(name);
    return item;
  }

  forget() {
    for (const address of this.addresses ?? []) URL.revokeObjectURL(address);
    this.addresses = [];
    this.previewsTarget.replaceChildren();
  }

  disconnect() {
    this.forget();
  }
});
