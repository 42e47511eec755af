// The order book: levels in atoms, and the rows that show the best of them.

import { fixedRows, onNextFrame, put } from "./frame.js";

const ROWS = 12;
const SIDES = ["bids", "asks"];

/** Price levels of both sides. What arrives are pairs of decimal strings. */
export class Book {
  constructor(market) {
    this.market = market;
    this.clear();
  }

  clear() {
    this.levels = { bids: new Map(), asks: new Map() };
    this.sorted = { bids: null, asks: null };
  }

  /** Puts levels in their places; a level whose quantity is zero is gone. */
  apply(change) {
    for (const side of SIDES) {
      for (const [price, quantity] of change[side]) {
        const key = this.market.readPrice(price);
        const atoms = this.market.readQuantity(quantity);
        if (atoms === 0n) this.levels[side].delete(key);
        else this.levels[side].set(key, atoms);
      }
      if (change[side].length) this.sorted[side] = null;
    }
  }

  get bids() {
    return (this.sorted.bids ??= [...this.levels.bids].sort(([a], [b]) => (a < b ? 1 : -1)));
  }

  get asks() {
    return (this.sorted.asks ??= [...this.levels.asks].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/**
 * Shows a book in its fixed rows.
 *
 * isMine(side, price)  whether the visitor has an order there
 * onPick(price)        called with the price of a row that is clicked
 */
export function bookView(market, book, isMine, onPick) {
  const byId = (id) => document.getElementById(id);
  const cells = ["price", "number", "number wide"];
  const rows = {
    bids: fixedRows(byId("bids"), ROWS, cells),
    asks: fixedRows(byId("asks"), ROWS, cells).reverse(),
  };
  const prices = new WeakMap();

  for (const side of SIDES) {
    byId(side).addEventListener("click", (event) => {
      const price = prices.get(event.target.closest("tr"));
      if (price) onPick(price);
    });
  }

  const draw = onNextFrame(() => {
    const shown = { bids: book.bids.slice(0, ROWS), asks: book.asks.slice(0, ROWS) };
    const depths = SIDES.map((side) => shown[side].reduce((sum, [, quantity]) => sum + quantity, 0n));
    const deepest = depths[0] > depths[1] ? depths[0] : depths[1];
    for (const side of SIDES) drawSide(side, shown[side], deepest);
    drawSpread(shown.bids[0]?.[0], shown.asks[0]?.[0]);
  });

  function drawSide(side, levels, deepest) {
    let total = 0n;
    rows[side].forEach((row, n) => {
      const level = levels[n];
      const [price, quantity] = level ?? [];
      prices.set(row, price);
      const texts = level
        ? [market.price(price), market.quantity(quantity), market.quantity((total += quantity))]
        : ["", "", ""];
      texts.forEach((text, cell) => put(row.cells[cell], text));
      row.classList.toggle("own", Boolean(level) && isMine(side, price));
      const percent = level && deepest ? (total * 100n) / deepest : 0n;
      row.style.setProperty("--depth", `${percent}%`);
    });
  }

  function drawSpread(bid, ask) {
    const both = bid && ask;
    // While a market collects orders for an auction, its book may cross.
    const isCrossed = both && bid >= ask;
    put(byId("spread"), !both ? "–" : isCrossed ? "crossed" : market.price(ask - bid));
    const share = both && !isCrossed ? percentText((ask - bid) * 1_000_000n / ask) : "";
    put(byId("spread-share"), share && `${share} %`);
  }

  return draw;
}

/** Parts per million as a percentage with three decimals, cut off. */
function percentText(ppm) {
  const thousandths = (ppm / 10n).toString().padStart(4, "0");
  return `${thousandths.slice(0, -3)}.${thousandths.slice(-3)}`;
}
