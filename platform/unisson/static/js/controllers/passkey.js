// Has the browser answer by a passkey, and sends the answer with the form. Where browsers know none, its parts stay hidden.
// <div data-controller="passkey" data-passkey-url-value="…"><form><input type="hidden" data-passkey-target="answer">
//   <p data-passkey-target="way" hidden><button type="button" data-action="passkey#ask">
unisson.register("passkey", class extends Stimulus.Controller {
  static targets = ["answer", "way", "unable"];
  static values = { url: String, makes: Boolean, declined: String, known: String, away: String };

  connect() {
    const key = window.PublicKeyCredential;
    const able = Boolean(key?.parseRequestOptionsFromJSON && key.parseCreationOptionsFromJSON && key.prototype.toJSON);
    for (const each of this.wayTargets) each.hidden = !able;
    for (const each of this.unableTargets) each.hidden = able;
    // A page that comes back from the browser's memory must not send an old answer again.
    this.forget = () => { this.answerTarget.value = ""; };
    window.addEventListener("pageshow", this.forget);
    this.forget();
  }

  disconnect() {
    window.removeEventListener("pageshow", this.forget);
  }

  async ask(event) {
    if (this.answerTarget.value) return; // The answer is there, and this is its form on its way.
    event.preventDefault();
    if (this.asking) return;
    this.asking = true;
    try {
      const answer = await this.answer(await this.question());
      this.answerTarget.value = JSON.stringify(answer);
    } catch (fault) {
      return this.explain(fault);
    } finally {
      this.asking = false;
    }
    this.answerTarget.form.requestSubmit();
  }

  async question() {
    const answer = await fetch(this.urlValue, {
      method: "POST", credentials: "same-origin",
      headers: { "X-CSRFToken": unisson.token(), Accept: "application/json" },
    });
    const said = await answer.json();
    if (said.confirmation) window.location.assign(said.confirmation);
    if (!answer.ok) throw { told: said.message };
    return said;
  }

  async answer(said) {
    const kept = this.makesValue
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(said) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(said) });
    return kept.toJSON();
  }

  explain(fault) {
    const words = { NotAllowedError: this.declinedValue, InvalidStateError: this.knownValue }[fault.name];
    unisson.say(fault.told || words || this.awayValue, "warning");
  }
});
