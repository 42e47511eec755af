// The order form: what it shows while one types, and what it sends.

import { Problem, post } from "./api.js";
import { format, group, parseTyped } from "./decimal.js";
import { onNextFrame, put } from "./frame.js";
import { previewOf } from "./preview.js";

/**
 * Brings the form to life.
 *
 * book   with `asks` and `bids`, the best first: [price, quantity] in atoms
 * funds  with `available(code)`: atoms, or null while unknown
 * onAnswer(order)  called with the API's answer to an order
 */
export function orderForm(form, market, book, funds, onAnswer) {
  const byId = (id) => document.getElementById(id);
  const error = byId("order-error");
  const button = byId("submit");
  const feePercent = group(format(BigInt(market.takerPpm), 4));
  let attempt = newId();

  function read() {
    const side = form.elements.side.value;
    const type = form.elements.type.value;
    const byBudget = type === "market" && side === "buy";
    const typed = (name, scale, used) => (used ? parseTyped(form.elements[name].value, scale) : null);
    return {
      side,
      type,
      price: typed("price", market.quoteScale, type === "limit"),
      quantity: typed("quantity", market.baseScale, !byBudget),
      budget: typed("budget", market.quoteScale, byBudget),
    };
  }

  const draw = onNextFrame(() => {
    const order = read();
    const buys = order.side === "buy";
    const isLimit = order.type === "limit";
    show("price", isLimit);
    show("quantity", isLimit || !buys);
    show("budget", !isLimit && buys);
    put(button, `${buys ? "Buy" : "Sell"} ${market.base}`);
    put(byId("total-label"), isLimit ? "Total" : "Total, by the book now");
    put(byId("fee-label"), isLimit ? `Fee, at most ${feePercent} %` : `Fee ${feePercent} %`);
    const available = funds.available(buys ? market.quote : market.base);
    const spent = buys ? market.quote_ : market.base_;
    put(byId("available"), available === null ? "–" : spent(available));
    const preview = previewOf(market, book, order);
    const received = buys ? market.base_ : market.quote_;
    put(byId("total"), preview ? market.quote_(preview.total) : "–");
    put(byId("fee"), preview ? received(preview.fee) : "–");
    put(byId("receive"), preview ? received(preview.receive) : "–");
  });

  function show(name, isShown) {
    form.querySelector(`[data-for="${name}"]`).hidden = !isShown;
  }

  async function send(event) {
    event.preventDefault();
    const order = read();
    const missing = ["price", "quantity", "budget"].find(
      (name) => isAsked(name) && !order[name],
    );
    mark(missing);
    if (missing) {
      say("Enter a number above zero, such as 0.25, with no more decimals than the market has.");
      form.elements[missing].focus();
      return;
    }
    button.disabled = true;
    try {
      const answer = await post("/orders", bodyOf(order));
      attempt = newId();
      say("");
      onAnswer(answer);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      // Without an answer the order may stand: the same id makes a second try harmless.
      if (problem.status !== 0 && problem.status < 500) attempt = newId();
      say(problem.message);
    } finally {
      button.disabled = false;
    }
  }

  function bodyOf({ side, type, price, quantity, budget }) {
    const body = { market: market.symbol, side, type, client_order_id: attempt };
    if (price) body.price = format(price, market.quoteScale);
    if (quantity) body.quantity = format(quantity, market.baseScale);
    if (budget) body.quote_budget = format(budget, market.quoteScale);
    return body;
  }

  const isAsked = (name) => !form.querySelector(`[data-for="${name}"]`).hidden;

  function mark(wrong) {
    for (const name of ["price", "quantity", "budget"]) {
      form.elements[name].setAttribute("aria-invalid", String(name === wrong));
    }
  }

  function say(text) {
    put(error, text);
  }

  form.addEventListener("submit", send);
  form.addEventListener("input", () => {
    attempt = newId();
    mark(null);
    draw();
  });
  draw();

  return {
    redraw: draw,
    /** Take a price out of the book. */
    fillPrice(atoms) {
      if (form.elements.type.value !== "limit") return;
      form.elements.price.value = format(atoms, market.quoteScale);
      form.dispatchEvent(new Event("input"));
    },
  };
}

/** A client order id; `crypto.randomUUID` is missing on plain HTTP beyond this machine. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
