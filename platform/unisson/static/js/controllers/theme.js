// Light, dark or as the device: kept in this browser only.
unisson.register("theme", class extends Stimulus.Controller {
  static targets = ["choice"];

  connect() {
    this.show(document.documentElement.dataset.theme ?? "auto");
  }

  choose({ params: { name } }) {
    if (name === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    try {
      if (name === "auto") localStorage.removeItem("theme");
      else localStorage.setItem("theme", name);
    } catch { /* refused storage: the choice lasts as long as the page */ }
    this.show(name);
  }

  show(name) {
    for (const choice of this.choiceTargets) choice.setAttribute("aria-pressed", String(choice.dataset.themeNameParam === name));
  }
});
