// The latest trades, in fixed rows.

import { fixedRows, onNextFrame, put } from "./frame.js";

const ROWS = 25;

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false,
});

export function timeText(iso) {
  return CLOCK.format(new Date(iso));
}

/** Keeps and shows the newest trades; the newest first. */
export function tapeView(market) {
  const rows = fixedRows(document.getElementById("trades"), ROWS, ["price", "number", "number time"]);
  let trades = [];

  const draw = onNextFrame(() => {
    rows.forEach((row, n) => {
      const trade = trades[n];
      // The arrow tells the taker's side without colour.
      row.className = trade ? (trade.taker_side === "buy" ? "up" : "down") : "";
      const texts = trade
        ? [
            market.price(market.readPrice(trade.price)),
            market.quantity(market.readQuantity(trade.quantity)),
            timeText(trade.created_at),
          ]
        : ["", "", ""];
      texts.forEach((text, cell) => put(row.cells[cell], text));
    });
  });

  return {
    /** Begins anew with these, the newest first. */
    reset(newest) {
      trades = newest.slice(0, ROWS);
      draw();
    },
    add(trade) {
      trades = [trade, ...trades].slice(0, ROWS);
      draw();
    },
  };
}
