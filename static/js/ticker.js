// The last 24 hours of a market, in words and figures.

import { show } from "./decimal.js";

/** The texts of a ticker message; a dash where there is nothing to say. */
export function tickerTexts(market, ticker) {
  const price = (text) => (text === null ? "–" : show(text, market.quoteScale, market.priceDecimals));
  const signed = (text, shown) => (text.startsWith("-") || !/[1-9]/.test(text) ? shown : `+${shown}`);
  const percent = ticker.change_percent && `${signed(ticker.change_percent, ticker.change_percent)} %`;
  return {
    last: price(ticker.last),
    high: price(ticker.high),
    low: price(ticker.low),
    volume: `${show(ticker.volume, market.baseScale)} ${market.base}`,
    percent: percent ?? "–",
    change: percent ? `${signed(ticker.change, price(ticker.change))} (${percent})` : "–",
    direction: directionOf(ticker.change),
  };
}

function directionOf(change) {
  if (change === null || !/[1-9]/.test(change)) return "";
  return change.startsWith("-") ? "down" : "up";
}
