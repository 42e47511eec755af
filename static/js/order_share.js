// The slider: a share of what is available, as the quantity or the total of the order.

import { put } from "./frame.js";
import { fieldsOf, leadOf } from "./order_types.js";

const MILLION = 1_000_000n;

/**
 * reader   of the form
 * written  called after the slider has written a quantity or a total
 */
export function orderShare(form, market, book, funds, reader, written) {
  const slider = form.elements.share;
  const told = document.getElementById("share-told");

  function write() {
    put(told, `${slider.value} %`);
    const choice = reader.choices();
    const buys = choice.side === "buy";
    const free = funds.available(buys ? market.quote : market.base);
    if (free === null) return;
    const part = (free * BigInt(slider.value)) / 100n;
    const name = fieldsOf(choice).has("budget") ? "budget" : "quantity";
    const price = buys ? worstPrice(choice) : book.bids[0]?.[0];
    if (name === "budget" && buys) reader.write(name, part);
    else if (name === "budget") reader.write(name, price ? (part * price) / market.baseUnit : 0n);
    else if (!buys) reader.write(name, part - (part % market.lotAtoms));
    else if (price) reader.write(name, wholeLots(part, price));
    written();
  }

  function wholeLots(budget, price) {
    const lots = (budget * market.baseUnit) / (price * market.lotAtoms);
    return lots * market.lotAtoms;
  }

  /** What one unit of base may cost at most, and so is held for it; null if unknown. */
  function worstPrice(choice) {
    const shown = fieldsOf(choice);
    const slip = (shown.has("slippage") && reader.amount("slippage")) || BigInt(market.slippagePpm);
    const prices = [];
    if (shown.has("price")) prices.push(reader.amount("price"));
    if (leadOf(choice) === "market") prices.push(above(book.asks[0]?.[0], slip));
    // The exits of a bracket hold nothing before its entry has ended, and are no buys then.
    if (choice.type !== "bracket") prices.push(...stopPrices(choice, shown, slip));
    if (prices.includes(null)) return null;
    return prices.reduce((most, price) => (price > most ? price : most), 0n);
  }

  /** The worst price of what waits for a trigger and has no price of its own. */
  function stopPrices({ type, trailUnit }, shown, slip) {
    if (shown.has("stopPrice")) return [reader.amount("stopPrice")];
    if (shown.has("trigger") && (type === "oco" || !shown.has("price"))) {
      return [above(reader.amount("trigger"), slip)];
    }
    if (!shown.has("trail")) return [];
    const last = book.asks[0]?.[0]; // near enough: the trigger follows the last price
    const trail = reader.amount("trail");
    if (!last || !trail) return [null];
    return [above(trailUnit === "percent" ? above(last, trail) : last + trail, slip)];
  }

  slider.addEventListener("input", (event) => {
    event.stopPropagation();
    write();
  });
  document.getElementById("share-max").addEventListener("click", () => {
    slider.value = "100";
    write();
  });

  return {
    /** Something else was typed: the slider says nothing about it. */
    reset() {
      slider.value = "0";
      put(told, "0 %");
    },
  };
}

function above(price, ppm) {
  return price ? (price * (MILLION + ppm)) / MILLION : null;
}
