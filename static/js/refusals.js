// What the API refused, in words with its figures, and which field of the form it is about.

import { parse, format } from "./decimal.js";
import { figure } from "./figures.js";

/** The API's field names, as the form has them; lists have theirs one level deeper. */
const FIELDS = {
  price: "price", quantity: "quantity", quote_budget: "budget", trigger_price: "trigger",
  trail: "trail", trail_percent: "trail", display_quantity: "display",
  max_slippage: "slippage", expires_at: "expires", post_only: "postOnly",
  self_trade: "selfTrade", time_in_force: "tif",
  "take_profit.price": "exit", "stop.price": "stopPrice", "stop_loss.price": "stopPrice",
};

/** What a market takes that is not open. */
const NOT_OPEN = {
  post_only: "The market takes only limit orders that are post-only now.",
  auction: "The market collects limit orders for an auction now: GTC or GTD, not post-only.",
  cancel_only: "The market takes no orders now; yours can be cancelled.",
  halted: "The market is halted: it takes neither orders nor cancels now.",
};

/** By code: the field, the unit of the figures, and the sentence. */
const REFUSALS = {
  insufficient_funds: {
    field: "amount",
    say: ({ limit, actual }) => `It needs ${actual}; ${limit} is available.`,
  },
  price_out_of_range: {
    unit: "price",
    say: ({ limit, actual }) => `${actual} is beyond the highest price here, ${limit}.`,
  },
  quantity_out_of_range: { field: "quantity", unit: "quantity", say: range("quantity") },
  notional_out_of_range: { field: "amount", unit: "quote", say: range("order's worth") },
  display_out_of_range: { field: "display", unit: "quantity", say: range("shown part") },
  slippage_out_of_range: { field: "slippage", unit: "fraction", say: range("slippage") },
  trail_out_of_range: { field: "trail", unit: "percent", say: range("trail") },
  expiry_out_of_range: {
    field: "expires",
    unit: "time",
    say: ({ limit }) => `It can end after now, and by ${limit} at the latest.`,
  },
  post_only_would_take: {
    field: "price",
    say: ({ limit, actual }) =>
      `At ${actual} it would take: the best price of the other side is ${limit}.`,
  },
  price_band_exceeded: {
    field: "price",
    say: ({ limit, actual }) =>
      `${actual} is beyond the market's price band, which ends at ${limit}.`,
  },
  too_many_orders: {
    say: ({ limit, actual }) =>
      `The market allows you ${limit} live orders; counted were ${actual}.`,
  },
  amend_below_filled: {
    field: "quantity",
    say: ({ limit, actual }) =>
      `${limit} is filled already; the new quantity, ${actual}, is not more.`,
  },
  list_prices_crossed: {
    field: "list",
    unit: "price",
    say: ({ limit, actual }) =>
      `A limit at ${actual} and a trigger at ${limit} would both go off at once.`,
  },
  price_off_tick: { field: "price" },
  quantity_off_lot: { field: "quantity" },
  order_expired: { field: "expires" },
  self_trade_not_allowed: { field: "selfTrade" },
};

function range(what) {
  return ({ limit, actual, isBelow }) => {
    const than = isBelow ? "less than the least" : "more than the most";
    return `The ${what}, ${actual}, is ${than} here, ${limit}.`;
  };
}

/**
 * What is wrong, for people.
 *
 * told     a problem of the API, or the refusal of a dry run
 * returns  { field, text }; the field is null where none is named. It may be `amount` (the
 *          quantity or the budget) or `list` (what exits are priced with)
 */
export function refusalOf(market, told) {
  const refusal = REFUSALS[told.code];
  const named = told.field ?? firstField(told.errors);
  return {
    field: FIELDS[named] ?? FIELDS[named?.split(".").at(-1)] ?? refusal?.field ?? null,
    text: sentence(market, told, refusal),
  };
}

function sentence(market, told, refusal) {
  if (told.errors) return firstSentence(told.errors);
  if (told.code === "market_not_open") return NOT_OPEN[told.state] ?? told.detail;
  const { limit, actual } = told;
  if (!refusal?.say || limit === undefined || actual === undefined) return told.detail;
  const unit = told.unit ?? refusal.unit;
  const shown = (text) => (unit === "fraction" ? percentOf(text) : figure(market, text, unit));
  const isBelow = Number(actual) < Number(limit); // of a range: only which end it is
  return refusal.say({ limit: shown(limit), actual: shown(actual), isBelow });
}

function percentOf(fraction) {
  const ppm = parse(fraction, 6);
  return ppm === null ? fraction : `${format(ppm, 4)} %`;
}

/** "stop.price" of {stop: {price: ["…"]}}. */
function firstField(errors, above = "") {
  const [name, inner] = Object.entries(errors ?? {})[0] ?? [];
  if (name === undefined || name === "non_field_errors") return above.slice(0, -1) || undefined;
  if (Array.isArray(inner)) return above + name;
  return firstField(inner, `${above}${name}.`);
}

function firstSentence(errors) {
  const inner = Object.values(errors)[0];
  if (Array.isArray(inner)) return String(inner[0]);
  return typeof inner === "object" ? firstSentence(inner) : String(inner);
}
