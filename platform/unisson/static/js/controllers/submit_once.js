// One click, one send: the buttons rest while the answer is on its way, and wake on an error or when one comes back.
unisson.register("submit-once", class extends Stimulus.Controller {
  connect() {
    this.sent = (event) => {
      if (event.defaultPrevented && !this.element.matches("[hx-post],[hx-put],[hx-patch],[hx-delete]")) return;
      // After this turn, so that the pressed button's own name and value are still sent.
      setTimeout(() => this.rest(event.submitter));
    };
    this.wake = this.wake.bind(this);
    this.element.addEventListener("submit", this.sent);
    this.element.addEventListener("htmx:finally:request", this.wake);
    window.addEventListener("pageshow", this.wake);
  }

  disconnect() {
    this.element.removeEventListener("submit", this.sent);
    this.element.removeEventListener("htmx:finally:request", this.wake);
    window.removeEventListener("pageshow", this.wake);
    clearTimeout(this.tired);
  }

  buttons() {
    return this.element.querySelectorAll('button[type="submit"], button:not([type])');
  }

  rest(pressed) {
    for (const button of this.buttons()) button.disabled = true;
    pressed?.setAttribute("aria-busy", "true");
    // A network that never answers must not lock a form for ever.
    this.tired = setTimeout(this.wake, 30000);
  }

  wake() {
    clearTimeout(this.tired);
    for (const button of this.buttons()) {
      if (button.getAttribute("aria-busy") === "true" || button.disabled) button.disabled = false;
      button.removeAttribute("aria-busy");
    }
  }
});
