// Has this browser told of things, once its person says so: nothing is asked, and nothing installed, before a click.
// <div data-controller="push" data-push-key-value="…" data-push-worker-value="/push-worker.js">
//   <div data-push-target="state" data-state="off" hidden><form data-push-target="form">…<button data-action="push#allow">
unisson.register("push", class extends Stimulus.Controller {
  static targets = ["state", "form", "row"];
  static values = { key: String, worker: String, failed: String };

  async connect() {
    this.show(await this.standing());
  }

  get able() {
    return window.isSecureContext && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  }

  async standing() {
    if (!this.able) return "unable";
    if (Notification.permission === "denied") return "denied";
    const held = await this.held();
    const mark = held && this.isOfKey(held) ? await this.markOf(held.endpoint) : "";
    this.row = this.rowTargets.find((row) => row.dataset.mark === mark);
    return this.row ? "on" : "off";
  }

  show(state) {
    for (const each of this.stateTargets) each.hidden = each.dataset.state !== state;
    for (const each of this.rowTargets) each.querySelector("[data-here]").hidden = each !== this.row;
  }

  async held() {
    const registration = await navigator.serviceWorker.getRegistration("/");
    return registration?.pushManager.getSubscription();
  }

  /** Whether it was made with the key that we have now: with another one, nothing comes. */
  isOfKey(subscription) {
    const key = subscription.options?.applicationServerKey;
    return !key || this.text(key) === this.keyValue;
  }

  async allow(event) {
    event.preventDefault();
    const { currentTarget: button } = event;
    button.disabled = true;
    try {
      if (await Notification.requestPermission() !== "granted") return this.show(await this.standing());
      const { endpoint, keys } = (await this.subscribed()).toJSON();
      for (const [name, value] of Object.entries({ endpoint, ...keys })) {
        const field = this.formTarget.elements.namedItem(name);
        if (field) field.value = value;
      }
      this.formTarget.requestSubmit();
    } catch {
      this.show("failed");
    } finally {
      button.disabled = false;
    }
  }

  async subscribed() {
    await navigator.serviceWorker.register(this.workerValue, { scope: "/" });
    const { pushManager } = await navigator.serviceWorker.ready;
    const held = await pushManager.getSubscription();
    if (held && !this.isOfKey(held)) await held.unsubscribe();
    return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: this.keyValue });
  }

  /** Whoever removes this browser from the list means the browser as well. */
  async leave(event) {
    if (event.currentTarget.closest("[data-push-target~=row]") !== this.row) return;
    const held = await this.held().catch(() => null);
    held?.unsubscribe().catch(() => null);
  }

  stop() {
    this.row?.querySelector("form[data-removal]").requestSubmit();
  }

  async markOf(endpoint) {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  text(buffer) {
    const raw = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(raw).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  }
});
