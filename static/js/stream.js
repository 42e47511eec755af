// The exchange's WebSocket: subscribes, notices gaps, connects again. See docs/websocket.md.

const PATIENCE_MS = { first: 500, most: 10_000 };
const PING_MS = 15_000;
const SILENCE_MS = 25_000;
const SWITCH = "cancel-on-disconnect";

/** Whether an update continues what was heard last; other channels have no gaps. */
const CONTINUES = {
  depth: (update, last) => update.sequence === last + 1,
  trades: (update, last) => update.trades[0]?.sequence === last + 1,
};

export class Stream {
  #feeds = new Map();
  #socket = null;
  #patience = PATIENCE_MS.first;
  #heardAt = 0;
  #retry = 0;
  #cancels = false;

  /** Called with whether the end of this connection will cancel all orders. */
  onSwitch = () => {};

  /** onState(state)  "connecting", "live" or "away" */
  constructor(onState) {
    this.onState = onState;
    this.state = "connecting";
    addEventListener("online", () => this.#connect());
    setInterval(() => this.#watch(), PING_MS);
  }

  /**
   * Follows a channel: `snapshot(message)` replaces what was said, `update(message)`
   * continues it. After a gap or a lost connection a new snapshot comes by itself.
   */
  follow(channel, market, { snapshot, update = () => {} }) {
    const feed = { channel, market, snapshot, update, last: null };
    this.#feeds.set(keyOf(feed), feed);
    if (this.state === "live") this.#ask(feed);
    else this.#connect();
  }

  /** Cancel all orders of the user when the connection ends; a new one asks for it again. */
  cancelOnDisconnect(enabled) {
    this.#cancels = enabled;
    this.#send({ op: "cancel_on_disconnect", enabled, id: SWITCH });
  }

  #connect() {
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return;
    clearTimeout(this.#retry);
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws/v1`);
    this.#socket = socket;
    socket.onopen = () => {
      this.#patience = PATIENCE_MS.first;
      this.#heardAt = Date.now();
      this.#become("live");
      for (const feed of this.#feeds.values()) this.#ask(feed);
      if (this.#cancels) this.cancelOnDisconnect(true);
    };
    socket.onmessage = (event) => {
      if (socket !== this.#socket) return;
      this.#heardAt = Date.now();
      this.#hear(JSON.parse(event.data));
    };
    socket.onclose = () => {
      if (socket === this.#socket) this.#lost();
    };
  }

  #lost() {
    this.#socket = null;
    for (const feed of this.#feeds.values()) feed.last = null;
    this.#become("away");
    // At different moments, so that a restarted exchange is not met by everybody at once.
    const wait = this.#patience * (0.5 + Math.random());
    this.#patience = Math.min(this.#patience * 2, PATIENCE_MS.most);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), wait);
  }

  /** Asks for a sign of life, and gives up a connection that has been silent for long. */
  #watch() {
    if (this.state !== "live") return;
    if (Date.now() - this.#heardAt > SILENCE_MS) {
      const silent = this.#socket;
      this.#lost();
      silent.close();
    } else {
      this.#send({ op: "ping" });
    }
  }

  #ask({ channel, market }) {
    this.#send({ op: "subscribe", channel, market });
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #hear(message) {
    const feed = this.#feeds.get(keyOf(message));
    if (message.type === "snapshot" && feed) {
      feed.last = message.sequence ?? 0;
      feed.snapshot(message);
    } else if (message.type === "update" && feed && feed.last !== null) {
      const continues = CONTINUES[message.channel] ?? (() => true);
      if (continues(message, feed.last)) {
        feed.last = message.sequence;
        feed.update(message);
      } else {
        feed.last = null; // updates are skipped until the new snapshot arrives
        this.#ask(feed);
      }
    } else if (message.type === "deauthenticated") {
      this.#become("logged-out");
    } else if (message.type === "cancel_on_disconnect") {
      this.onSwitch(message.enabled);
    } else if (message.type === "error") {
      if (message.id === SWITCH) this.onSwitch((this.#cancels = false));
      console.warn("The exchange refuses:", message.code, message.detail);
    }
  }

  #become(state) {
    this.state = state;
    this.onState(state);
  }
}

function keyOf({ channel, market = "" }) {
  return `${channel} ${market}`;
}
