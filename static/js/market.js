// The market of this page: its units, read once, and how its amounts are written.

import { decimalsOf, format, group, parse } from "./decimal.js";

/** What the server says about a market, with its steps as BigInts of atoms. */
export function readMarket(facts) {
  const priceDecimals = decimalsOf(facts.tick);
  const quantityDecimals = decimalsOf(facts.lot);
  const scaleOf = (code) => (code === facts.base ? facts.baseScale : facts.quoteScale);
  return {
    ...facts,
    priceDecimals,
    baseUnit: 10n ** BigInt(facts.baseScale),
    lotAtoms: parse(facts.lot, facts.baseScale),
    readPrice: (text) => parse(text, facts.quoteScale),
    readQuantity: (text) => parse(text, facts.baseScale),
    price: (atoms) => group(format(atoms, facts.quoteScale, priceDecimals)),
    quantity: (atoms) => group(format(atoms, facts.baseScale, quantityDecimals)),
    scaleOf,
    read: (text, code) => parse(text, scaleOf(code)),
    amount: (atoms, code) => `${group(format(atoms, scaleOf(code)))} ${code}`,
    base_: (atoms) => `${group(format(atoms, facts.baseScale))} ${facts.base}`,
    quote_: (atoms) => `${group(format(atoms, facts.quoteScale))} ${facts.quote}`,
  };
}

export function factsOf(id) {
  return JSON.parse(document.getElementById(id).textContent);
}
