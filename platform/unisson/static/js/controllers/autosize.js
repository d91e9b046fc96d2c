// Grows a textarea with its text where the browser cannot do it by CSS (field-sizing).
unisson.register("autosize", class extends Stimulus.Controller {
  connect() {
    if (CSS.supports("field-sizing", "content")) return;
    this.grow = () => {
      const lines = this.element.value.split("\n").length;
      this.element.rows = Math.max(lines + 1, Number(this.element.getAttribute("rows")) || 3);
    };
    this.element.addEventListener("input", this.grow);
    this.grow();
  }

  disconnect() {
    if (this.grow) this.element.removeEventListener("input", this.grow);
  }
});
