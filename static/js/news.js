// What happened to the visitor's orders, in a sentence or three.

import { figure } from "./figures.js";
import {
  SIDES, isLive, orderText, price, reasonText, stateText, typeText,
} from "./order_words.js";

const MOST = 3;

/** Of an event of the engine, by what it tells. */
const EVENTS = {
  triggered: ({ name, limit, actual }) =>
    `${name} set off at ${limit} by a last price of ${actual}.`,
  price_amended: ({ limit, actual }) => `Price amended from ${limit} to ${actual}.`,
  quantity_amended: ({ limit, actual }) => `Quantity amended from ${limit} to ${actual}.`,
  trigger_amended: ({ limit, actual }) => `Trigger amended from ${limit} to ${actual}.`,
  slid: ({ limit, actual }) => `Moved from ${limit} to ${actual}, so as not to take.`,
  capped: ({ limit, actual }) => `The price, ${limit}, was beyond the band; it became ${actual}.`,
  decremented: ({ actual }) => `Met an order of yours; the quantity sank to ${actual}.`,
  activated: ({ actual }) => `The entry has ended; an exit of ${actual} is set.`,
};

/**
 * The news in an update of the stream; "" if there is none.
 *
 * orders  the live ones before it, by id
 */
export function newsOf(market, { orders: touched, fills, events = [] }, orders) {
  const told = fills.map((fill) => fillText(market, fill));
  for (const event of events) {
    const order = touched.find(({ id }) => id === event.order_id);
    const text = order && EVENTS[event.what]?.(figuresOf(market, event, order));
    if (text) told.push(text);
  }
  for (const order of touched) {
    const text = orderNews(market, order, orders.has(order.id));
    if (text) told.push(text);
  }
  const more = told.length > MOST ? ` And ${told.length - MOST} more.` : "";
  return told.slice(0, MOST).join(" ") + more;
}

function fillText(market, fill) {
  const quantity = market.quantity(market.readQuantity(fill.quantity));
  return `${SIDES[fill.side][1]} ${quantity} ${market.base} at ${price(market, fill.price)}.`;
}

function figuresOf(market, { limit, actual, unit }, order) {
  const shown = (text) => (text === null ? "nothing" : figure(market, text, unit));
  return { name: nameOf(order), limit: shown(limit), actual: shown(actual) };
}

function orderNews(market, order, wasLive) {
  if (order.status === "cancelled") {
    if (!order.reason || order.reason.startsWith("cancelled_")) return "Order cancelled.";
    const what = /[1-9]/.test(order.filled) ? "The rest" : "Order";
    return `${what} cancelled: ${reasonText(order.reason)}.`;
  }
  if (order.status === "rejected") return `Order rejected: ${reasonText(order.reason)}.`;
  if (wasLive || !isLive(order) || /[1-9]/.test(order.filled)) return "";
  const waits = order.status === "open" ? "" : `. ${stateText(market, order)}`;
  return `Order placed: ${orderText(market, order)}${waits}.`;
}

function nameOf(order) {
  const name = typeText(order);
  return name[0].toUpperCase() + name.slice(1);
}
