// One stream a page, whoever listens on it. It says only that something changed: of which brands and contents, and
// whether there is something new for this very person. What it is now is asked of the server.
unisson.stream = {
  listeners: new Set(),
  tries: 0,

  /** Has `hear` called with what changed; returns how to stop that. `ticket` is where the page may ask for the stream. */
  listen(ticket, hear) {
    this.ticket = ticket;
    this.listeners.add(hear);
    if (this.listeners.size === 1) this.open();
    return () => {
      this.listeners.delete(hear);
      if (this.listeners.size === 0) this.pause();
    };
  },

  /** A page that nobody looks at holds no connection; it looks again when somebody does. */
  pause() {
    this.source?.close();
    this.source = undefined;
    clearTimeout(this.again);
    this.wasAway = true;
  },

  async open() {
    let answer;
    try {
      answer = await fetch(this.ticket, { credentials: "same-origin", headers: { Accept: "application/json" } });
    } catch {
      return this.later();
    }
    if (answer.status === 204 || answer.redirected || [401, 403, 404].includes(answer.status)) return;
    if (!answer.ok || document.hidden) return this.later();
    const { url } = await answer.json();
    if (this.source || this.listeners.size === 0) return;
    const source = (this.source = new EventSource(url));
    source.addEventListener("open", () => {
      this.tries = 0;
      // What changed while nothing was heard is looked for once.
      if (this.wasAway) this.tell({ brands: null, contents: [], notices: true });
      this.wasAway = false;
    });
    source.addEventListener("changed", (event) => this.tell(JSON.parse(event.data)));
    source.addEventListener("over", () => this.later(0));
    source.addEventListener("error", () => this.later());
  },

  /** Asks for a new ticket, the later the more often it failed: 1 s, 2 s, … a minute, each a little by chance. */
  later(seconds = Math.min(2 ** this.tries++, 60)) {
    this.pause();
    if (!document.hidden) this.again = setTimeout(() => this.open(), 1000 * (seconds + Math.random()));
  },

  tell(told) {
    for (const hear of this.listeners) hear(told);
  },
};

document.addEventListener("visibilitychange", () => {
  if (unisson.stream.listeners.size === 0) return;
  if (document.hidden) unisson.stream.pause();
  else if (!unisson.stream.source) unisson.stream.open();
});
