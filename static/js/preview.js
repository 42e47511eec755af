// What an order would cost and bring, exactly, before it is placed.

import { feeOf } from "./decimal.js";

/**
 * The worth, the fee and the proceeds of an order, in atoms; null where nothing can be told.
 *
 * A limit order is worth its own price and pays the taker's fee at most. A market order is
 * worth what the book offers at this moment.
 */
export function previewOf(market, book, { side, type, price, quantity, budget }) {
  const trade = type === "limit"
    ? atItsPrice(market, price, quantity)
    : throughTheBook(market, side === "buy" ? book.asks : book.bids, quantity, budget);
  if (trade === null) return null;
  const received = side === "buy" ? trade.base : trade.quote;
  const fee = feeOf(received, market.takerPpm);
  return { total: trade.quote, base: trade.base, fee, receive: received - fee };
}

function atItsPrice(market, price, quantity) {
  if (!price || !quantity) return null;
  return { base: quantity, quote: (price * quantity) / market.baseUnit };
}

function throughTheBook(market, levels, quantity, budget) {
  let left = quantity ?? budget;
  if (!left) return null;
  let base = 0n;
  let quote = 0n;
  for (const [price, offered] of levels) {
    const wanted = quantity !== null ? left : wholeLots(market, left, price);
    const taken = wanted < offered ? wanted : offered;
    const paid = (price * taken) / market.baseUnit;
    base += taken;
    quote += paid;
    left -= quantity !== null ? taken : paid;
    if (taken < offered) return base > 0n ? { base, quote } : null;
  }
  return null; // the book that is in view does not reach that far
}

function wholeLots(market, budget, price) {
  const lots = (budget * market.baseUnit) / (price * market.lotAtoms);
  return lots * market.lotAtoms;
}
