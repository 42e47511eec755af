// Figures of orders for people: what a limit or an actual value is worth, in its unit.

import { show } from "./decimal.js";

const DAY_AND_TIME = {
  month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
  hour12: false,
};
const THIS_YEAR = new Intl.DateTimeFormat(undefined, DAY_AND_TIME);
const ANOTHER_YEAR = new Intl.DateTimeFormat(undefined, { year: "numeric", ...DAY_AND_TIME });

export function momentText(iso) {
  const moment = new Date(iso);
  const isThisYear = moment.getFullYear() === new Date().getFullYear();
  return (isThisYear ? THIS_YEAR : ANOTHER_YEAR).format(moment);
}

/** A figure of the API in its unit (docs/api.md): "60,000.00 USDT". */
export function figure(market, text, unit) {
  switch (unit) {
    case "price": return `${show(text, market.quoteScale, market.priceDecimals)} ${market.quote}`;
    case "quote": return `${show(text, market.quoteScale)} ${market.quote}`;
    case "quantity":
    case "base": return `${show(text, market.baseScale)} ${market.base}`;
    case "percent": return `${show(text, 4)} %`;
    case "time": return momentText(text);
    default: return text;
  }
}
