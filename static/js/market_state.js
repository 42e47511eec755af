// What the market takes now, and what an auction would do: a banner while it is not open.

import { get } from "./api.js";
import { onNextFrame, put } from "./frame.js";

const LOOK_MS = 2000;
const STATES = {
  post_only: [
    "Post-only.",
    "The market takes orders that cannot trade at once, cancels and amendments.",
  ],
  auction: ["Auction.", "Orders are collected, and trade at one price when the market opens."],
  cancel_only: ["Cancel-only.", "The market takes no orders; yours can be cancelled."],
  halted: ["Halted.", "Nothing moves in this market: it takes neither orders nor cancels."],
};

/** Shows messages of the channel `state`. */
export function marketStateView(market) {
  const byId = (id) => document.getElementById(id);
  let told = { state: "open", state_until: null };
  let indication = null;
  let timer = 0;

  const draw = onNextFrame(() => {
    const words = STATES[told.state];
    byId("market-state").hidden = !words;
    if (!words) return;
    byId("market-state").dataset.state = told.state;
    put(byId("state-name"), words[0]);
    put(byId("state-text"), words[1]);
    byId("auction").hidden = told.state !== "auction";
    put(byId("auction-text"), indicationText(market, indication));
    put(byId("auction-clock"), clockText(told.state_until));
  });

  async function look() {
    try {
      indication = await get(`/markets/${market.symbol}/auction`);
    } catch {
      indication = null; // it ended, or the connection did: the stream says which
    }
    draw();
  }

  function follow() {
    clearInterval(timer);
    if (told.state !== "auction") return;
    let ticks = 0;
    look();
    timer = setInterval(() => {
      ticks += 1000;
      if (ticks % LOOK_MS === 0) look();
      draw();
    }, 1000);
  }

  return (message) => {
    told = message;
    indication = null;
    follow();
    draw();
  };
}

function indicationText(market, indication) {
  if (!indication) return "";
  if (indication.price === null) return "No orders would trade yet.";
  const price = market.price(market.readPrice(indication.price));
  const volume = market.quantity(market.readQuantity(indication.volume));
  return `Now it would trade ${volume} ${market.base} at ${price} ${market.quote}.`;
}

function clockText(until) {
  if (until === null) return "It opens when the exchange says so.";
  const seconds = Math.max(0, Math.ceil((new Date(until) - Date.now()) / 1000));
  const left = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return seconds ? `It opens in ${left}.` : "It opens now.";
}
