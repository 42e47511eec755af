// The request that a filled-in form stands for. Pure: see docs/api.md for the fields.

import { format } from "./decimal.js";
import { fieldsOf, leadOf } from "./order_types.js";

const PERCENT_SCALE = 4;
const FRACTION_SCALE = 6;

/**
 * Path and body of the request that places an order.
 *
 * given  the values of the shown fields, amounts in atoms
 * id     the client order id
 */
export function placing(market, given, id) {
  const orders = partsOf(market, given);
  if (given.type === "oco") {
    const { quantity, ...limit } = orders.lead;
    const { self_trade, side, type, ...terms } = limit;
    const body = { market: market.symbol, side, quantity, self_trade, client_order_id: id };
    return { path: "/orders/oco", body: { ...body, limit: terms, stop: orders.stop } };
  }
  if (given.type === "bracket") {
    const { type, ...stop } = orders.stop;
    const entry = { ...orders.lead, client_order_id: id };
    const body = { market: market.symbol, entry, take_profit: orders.exit, stop_loss: stop };
    return { path: "/orders/bracket", body };
  }
  const body = { market: market.symbol, ...orders.lead, client_order_id: id };
  return { path: "/orders", body };
}

/** The body that asks what would happen: of a list, to the order that comes first. */
export function tryingOut(market, given) {
  return { market: market.symbol, ...partsOf(market, given).lead, validate_only: true };
}

function partsOf(market, given) {
  const shown = fieldsOf(given);
  const price = (name) => format(given[name], market.quoteScale);
  const isList = shown.has("stopKind");
  const time = timeOf(given, shown);
  const lead = { side: given.side, type: leadOf(given), self_trade: given.selfTrade, ...time };
  if (shown.has("price")) lead.price = price("price");
  if (shown.has("quantity")) lead.quantity = format(given.quantity, market.baseScale);
  if (shown.has("budget")) lead.quote_budget = price("budget");
  if (shown.has("postOnly") && given.postOnly !== "no") lead.post_only = given.postOnly;
  if (given.display) lead.display_quantity = format(given.display, market.baseScale);
  if (!isList) return { lead: { ...lead, ...waitingFor(market, given, shown) } };
  if (lead.type === "market") Object.assign(lead, slippageOf(given));
  const stop = { type: given.stopKind, ...waitingFor(market, given, shown) };
  if (stop.type === "stop_limit") delete stop.max_slippage;
  if (shown.has("stopPrice")) stop.price = price("stopPrice");
  if (given.type === "oco") return { lead, stop: { ...stop, ...time } };
  return { lead, stop, exit: { price: price("exit") } };
}

function timeOf(given, shown) {
  if (!shown.has("tif")) return {};
  const time = { time_in_force: given.tif };
  return given.tif === "gtd" ? { ...time, expires_at: given.expires } : time;
}

function waitingFor(market, given, shown) {
  const terms = slippageOf(given);
  if (shown.has("trigger")) terms.trigger_price = format(given.trigger, market.quoteScale);
  if (shown.has("trail")) {
    if (given.trailUnit === "percent") terms.trail_percent = format(given.trail, PERCENT_SCALE);
    else terms.trail = format(given.trail, market.quoteScale);
  }
  return terms;
}

/** A percent with four decimals is a fraction with six. */
function slippageOf({ slippage }) {
  return slippage ? { max_slippage: format(slippage, FRACTION_SCALE) } : {};
}
