// What an order would do, asked of the exchange while one types (`validate_only`).

import { Problem, post } from "./api.js";
import { show } from "./decimal.js";
import { onNextFrame, put } from "./frame.js";
import { average, reasonText } from "./order_words.js";
import { refusalOf } from "./refusals.js";

const FORESEEN = ["fills", "fee", "receive", "rest", "after"];
const WAIT_MS = { typed: 250, bookMoved: 3000 };

/**
 * Asks for forecasts and shows them.
 *
 * ask()               { body, about }: what to send, and which part of a list it is; null
 *                     while the order is not complete
 * onRefusal(refusal)  called with { field, text }, or null when it would be accepted
 */
export function orderPreview(market, ask, onRefusal) {
  const byId = (id) => document.getElementById(id);
  let timer = 0;
  let due = 0;
  let asked = 0;

  /** A later question makes an answer to this one worthless. */
  async function refresh() {
    due = 0;
    const question = ask();
    if (question === null) return;
    const mine = ++asked;
    let told;
    try {
      told = await post("/orders", question.body);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      told = { accepted: false, refusal: problem.body };
    }
    if (mine !== asked) return;
    shown = { told, ...question };
    paint();
  }

  function soon(wait) {
    const at = Date.now() + wait;
    if (due && due <= at) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(refresh, wait);
  }

  let shown = null;
  const paint = onNextFrame(() => {
    if (!shown) return clear();
    const { told } = shown;
    if (!told.accepted) {
      clear();
      onRefusal(refusalOf(market, told.refusal));
      return;
    }
    onRefusal(null);
    for (const [id, text] of Object.entries(forecastTexts(market, shown))) {
      put(byId(id), text);
    }
  });

  function clear() {
    for (const id of FORESEEN) put(byId(id), "–");
    put(byId("foreseen"), "");
  }

  return {
    /** The order is another one now: what was foretold does not hold. */
    changed() {
      asked += 1;
      shown = null;
      paint();
      clearTimeout(timer);
      due = 0;
      soon(WAIT_MS.typed);
    },
    /** The book moved: look again before long. */
    bookMoved() {
      if (!document.hidden && ask() !== null) soon(WAIT_MS.bookMoved);
    },
  };
}

function forecastTexts(market, { told, body, about }) {
  const amount = (text, code) => `${show(text, market.scaleOf(code))} ${code}`;
  const after = Object.entries(told.balances_after).map(([code, { available }]) =>
    amount(available, code));
  const received = told.fee_asset === market.base ? told.filled : told.filled_quote;
  const net = market.read(received, told.fee_asset) - market.read(told.fee, told.fee_asset);
  const worth = body.type === "market" ? { total: amount(told.filled_quote, market.quote) } : {};
  return {
    ...worth,
    fills: fillsText(market, told),
    fee: amount(told.fee, told.fee_asset),
    receive: market.amount(net, told.fee_asset),
    rest: restText(market, told),
    after: after.join(" · "),
    foreseen: [about, ...notesOf(market, told, body)].filter(Boolean).join(" "),
  };
}

function fillsText(market, told) {
  if (!told.fills.length) return "Nothing";
  const price = average(market, told.average_price);
  const worse = /[1-9]/.test(told.slippage) ? `, slippage ${show(told.slippage, 4)} %` : "";
  return `${show(told.filled, market.baseScale)} ${market.base} at ${price}${worse}`;
}

function restText(market, told) {
  const hold = `holds ${show(told.hold, market.scaleOf(told.hold_asset))} ${told.hold_asset}`;
  switch (told.status) {
    case "armed": return `Waits for its trigger, ${hold}`;
    case "filled": return "Nothing is left";
    case "cancelled": return `Cancelled: ${reasonText(told.reason)}`;
    default: {
      const left = market.quantity(market.readQuantity(told.remaining));
      return `${left} at ${market.price(market.readPrice(told.price))}, ${hold}`;
    }
  }
}

function notesOf(market, told, body) {
  const notes = [];
  if (told.price && market.readPrice(told.price) !== market.readPrice(body.price)) {
    notes.push(`The price becomes ${market.price(market.readPrice(told.price))}.`);
  }
  if (told.own_orders) notes.push("It would meet orders of your own.");
  return notes;
}
