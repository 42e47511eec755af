// What was typed into the order form, as exact amounts, and what is wrong with it.

import { format, parse, parseTyped } from "./decimal.js";

const PERCENT_SCALE = 4;
const CHOICES = [
  "side", "type", "by", "entryKind", "stopKind", "trailUnit", "tif", "postOnly", "selfTrade",
];
const OPTIONAL = new Set(["display", "slippage"]);

/** Of each amount: the scale it is read with, its step in atoms, and how to say that. */
function stepsOf(market) {
  const tick = parse(market.tick, market.quoteScale);
  const price = {
    scale: market.quoteScale,
    step: tick,
    told: `Prices here go in steps of ${market.quote_(tick)}.`,
  };
  const lots = {
    scale: market.baseScale,
    step: market.lotAtoms,
    told: `Quantities here go in steps of ${market.base_(market.lotAtoms)}.`,
  };
  return {
    price, exit: price, trigger: price, stopPrice: price, trail: price,
    quantity: lots, display: lots,
    budget: { scale: market.quoteScale, step: 1n },
    percent: { scale: PERCENT_SCALE, step: 1n },
  };
}

/** A reader of the form: `choices()`, and `values(shown)` with what is wrong in `wrong`. */
export function formReader(form, market) {
  const steps = stepsOf(market);

  function choices() {
    return Object.fromEntries(CHOICES.map((name) => [name, form.elements[name].value]));
  }

  function stepOf(name, { trailUnit }) {
    const isPercent = name === "slippage" || (name === "trail" && trailUnit === "percent");
    return steps[isPercent ? "percent" : name];
  }

  /**
   * The values of the fields that are shown, amounts in atoms (percents in ppm).
   *
   * wrong  of each field that is missing or no good: why
   */
  function values(shown) {
    const given = choices();
    const wrong = new Map();
    for (const name of shown) {
      const text = form.elements[name]?.value?.trim();
      if (name === "expires") given.expires = readTime(text, wrong);
      const step = stepOf(name, given);
      if (!step) continue;
      if (!text && OPTIONAL.has(name)) continue;
      const units = parseTyped(text, step.scale);
      if (!units) wrong.set(name, numberWanted(step.scale));
      else if (units % step.step) wrong.set(name, step.told);
      else given[name] = units;
    }
    return { given, wrong };
  }

  /** The amount in a field, or null; whatever else is wrong. */
  function amount(name) {
    return parseTyped(form.elements[name].value, stepOf(name, choices()).scale);
  }

  function write(name, atoms) {
    form.elements[name].value = format(atoms, steps[name].scale);
  }

  return { choices, values, amount, write };
}

function numberWanted(scale) {
  return `Enter a number above zero, such as 0.25, with at most ${scale} decimals.`;
}

function readTime(text, wrong) {
  const time = new Date(text);
  if (!Number.isNaN(time.valueOf()) && time > new Date()) return time.toISOString();
  wrong.set("expires", "Choose a time in the future.");
  return null;
}
