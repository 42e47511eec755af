// Orders in words: what they are, what they wait for, why they ended.

import { show } from "./decimal.js";
import { momentText } from "./figures.js";

export const SIDES = { buy: ["Buy", "Bought"], sell: ["Sell", "Sold"] };
const LIVE = new Set(["pending", "open", "partially_filled", "armed", "waiting"]);
/** Which side of a type waits for a rise. */
const RISES = {
  stop: "buy", stop_limit: "buy", trailing_stop: "buy",
  take_profit: "sell", take_profit_limit: "sell",
};

/** Why an order ended, for people. */
const REASONS = {
  insufficient_funds: "not enough funds",
  market_not_open: "the market did not take it",
  no_liquidity: "nothing left in the book to trade with",
  budget_too_small: "the budget is too small for one lot",
  internal_error: "the engine could not carry it out",
  ioc_remainder: "what does not trade at once is not kept",
  fok_not_filled: "not all of it could be filled at once",
  expired: "its time was over",
  post_only_would_take: "it would have taken",
  slippage: "the next price was beyond its slippage",
  self_trade: "it met an order of yours",
  price_band: "its price was beyond the band",
  volatility_halt: "the market was halted for its volatility",
  too_many_orders: "too many live orders",
  other_leg: "the other order of its list was first",
  entry_not_filled: "its entry brought nothing to exit",
  unit_refused: "the order it belongs to was refused",
  no_last_price: "there was no last price yet",
  cancelled_by_user: "you asked for it",
  cancelled_all: "all were cancelled",
};

export const isLive = (order) => LIVE.has(order.status);
export const isResting = ({ status }) => status === "open" || status === "partially_filled";

export function reasonText(reason) {
  return REASONS[reason] ?? reason?.replaceAll("_", " ") ?? "";
}

export const typeText = ({ type }) => type.replaceAll("_", " ");

/**
 * Which order of which list it is, or "" if it stands alone.
 *
 * The ids of a list follow on each other: an OCO has its limit and its stop, a bracket its
 * entry and then these two.
 *
 * known  orders, among which may be others of its list
 */
export function roleText(order, known) {
  if (!order.list_id) return "";
  const place = placeOf(order);
  const places = [...known].filter((it) => it.list_id === order.list_id).map(placeOf);
  const isExit = place === 1 && order.type === "limit";
  if (isExit || order.type === "market" || places.includes(2)) {
    return `Bracket: ${["entry", "take profit", "stop"][place]}`;
  }
  // A limit order that is left alone may have been either.
  if (place === 0 && places.length === 1) return "Last of its list";
  return `OCO: ${["limit", "stop"][place]}`;
}

const placeOf = ({ id, list_id: list }) => Number(BigInt(id) - BigInt(list));

/** Special terms of an order, as a list of short texts. */
export function termsOf(market, order) {
  const terms = [];
  if (order.time_in_force === "gtd") terms.push(`until ${momentText(order.expires_at)}`);
  else if (order.time_in_force !== "gtc") terms.push(order.time_in_force.toUpperCase());
  if (order.post_only !== "no") terms.push("post-only");
  if (order.display_quantity) terms.push(`shows ${show(order.display_quantity, market.baseScale)}`);
  if (order.trail) terms.push(`trails by ${price(market, order.trail)}`);
  if (order.trail_percent) terms.push(`trails by ${show(order.trail_percent, 4)} %`);
  return terms;
}

/** How an order stands, and what it waits for. */
export function stateText(market, order) {
  switch (order.status) {
    case "pending": return "With the engine";
    case "open": return "In the book";
    case "partially_filled": return "In the book, partly filled";
    case "armed": return waitText(market, order);
    case "waiting": return "Waits for its entry to end";
    case "filled": return "Filled";
    default: {
      const name = order.status === "rejected" ? "Rejected" : "Cancelled";
      return order.reason ? `${name}: ${reasonText(order.reason)}` : name;
    }
  }
}

function waitText(market, order) {
  const rises = RISES[order.type] === order.side;
  const where = order.trigger_price ? price(market, order.trigger_price) : "its trigger";
  return `Waits for a last price of ${where} or ${rises ? "more" : "less"}`;
}

/** "sell 0.05000 at 60,000.00"; what an order is, in a sentence. */
export function orderText(market, order) {
  const type = order.type === "limit" ? "" : `${typeText(order)} `;
  const at = order.price ? ` at ${price(market, order.price)}` : "";
  return `${order.side} ${type}${amountText(market, order)}${at}`;
}

export function amountText(market, order) {
  if (order.quantity) return market.quantity(market.readQuantity(order.quantity));
  return `${show(order.quote_budget, market.quoteScale)} ${market.quote}`;
}

/** An average, cut off after the decimals of a price. */
export function average(market, text) {
  const [whole, fraction = ""] = text.split(".");
  const cut = fraction.slice(0, market.priceDecimals);
  return show(cut ? `${whole}.${cut}` : whole, market.quoteScale, market.priceDecimals);
}

export const price = (market, text) => market.price(market.readPrice(text));
