// The order form: what it shows while one types, and what it sends.

import { Problem, post } from "./api.js";
import { format, group } from "./decimal.js";
import { formErrors } from "./form_errors.js";
import { onNextFrame, put } from "./frame.js";
import { formReader } from "./order_fields.js";
import { orderPreview } from "./order_preview.js";
import { placing, tryingOut } from "./order_request.js";
import { orderShare } from "./order_share.js";
import { explain, fieldsOf, labelsOf, timesOf } from "./order_types.js";
import { refusalOf } from "./refusals.js";

const ABOUT = {
  oco: "This foretells the limit order, as if it stood alone.",
  bracket: "This foretells the entry; its exits hold nothing before it ends.",
};

/**
 * Brings the form to life.
 *
 * book   with `asks` and `bids`, the best first: [price, quantity] in atoms
 * funds  with `available(code)`: atoms, or null while unknown
 * onAnswer(answer)  called with the API's answer: an order, or a list with its `orders`
 */
export function orderForm(form, market, book, funds, onAnswer) {
  const byId = (id) => document.getElementById(id);
  const button = byId("submit");
  const reader = formReader(form, market);
  const shown = () => fieldsOf(reader.choices());
  const errors = formErrors(form, shown);
  const feePercent = group(format(BigInt(market.takerPpm), 4));
  put(byId("fee-label"), `Fee, ${feePercent} % of what is taken`);
  let attempt = newId();
  let isSending = false;
  let wasRefused = false; // what was refused stays told until the order is another one

  const preview = orderPreview(market, question, (refusal) => {
    if (isSending || wasRefused) return;
    if (refusal === null) errors.clear();
    else errors.tell({ ...refusal, text: `Would be refused: ${refusal.text}` });
  });
  const share = orderShare(form, market, book, funds, reader, changed);

  function question() {
    if (isSending) return null;
    const { given, wrong } = reader.values(shown());
    if (wrong.size) return null;
    return { body: tryingOut(market, given), about: ABOUT[given.type] ?? "" };
  }

  const draw = onNextFrame(() => {
    const choice = reader.choices();
    const buys = choice.side === "buy";
    put(byId("explained"), explain(choice));
    put(button, `${buys ? "Buy" : "Sell"} ${market.base}`);
    drawFields(choice);
    const code = buys ? market.quote : market.base;
    const free = funds.available(code);
    put(byId("available"), free === null ? "–" : market.amount(free, code));
    // What a market order is worth, the preview knows.
    if (choice.type !== "market") put(byId("total"), totalText());
  });

  function drawFields(choice) {
    const fields = fieldsOf(choice);
    for (const node of form.querySelectorAll("[data-for]")) {
      const name = node.dataset.for;
      if (name !== "share") node.hidden = !fields.has(name);
    }
    for (const [name, label] of Object.entries(labelsOf(choice))) {
      put(form.querySelector(`label[for="${name}"]`), label);
    }
    const special = form.querySelector(".advanced").querySelectorAll("input, select");
    const set = [...special].filter((field) => fields.has(field.name) && !isDefault(field));
    put(byId("advanced-told"), set.length ? `${set.length} set` : "");
  }

  /** An order has the times in force of its type only; another choice falls back to GTC. */
  function fitTimes() {
    const times = timesOf(reader.choices());
    const { tif } = form.elements;
    for (const option of tif.options) {
      option.hidden = option.disabled = !times.includes(option.value);
    }
    if (times.length && !times.includes(tif.value)) tif.value = "gtc";
    if (tif.value === "gtd" && !form.elements.expires.value) {
      form.elements.expires.value = localMinute(Date.now() + 86_400_000);
    }
  }

  function totalText() {
    const { given } = reader.values(shown());
    if (given.budget) return market.quote_(given.budget);
    const price = given.price ?? given.stopPrice ?? given.trigger;
    if (!price || !given.quantity) return "–";
    const total = market.quote_((price * given.quantity) / market.baseUnit);
    return given.price ? total : `about ${total}`;
  }

  function changed() {
    attempt = newId();
    wasRefused = false;
    errors.clear();
    put(byId("total"), "–");
    fitTimes();
    draw();
    preview.changed();
  }

  async function send(event) {
    event.preventDefault();
    const { given, wrong } = reader.values(shown());
    const [missing] = wrong;
    if (missing) {
      errors.tell({ field: missing[0], text: missing[1] }, { focus: true });
      return;
    }
    const { path, body } = placing(market, given, attempt);
    button.disabled = isSending = true;
    try {
      const answer = await post(path, body);
      // So that nothing is placed twice by a second click.
      form.elements.quantity.value = form.elements.budget.value = "";
      share.reset();
      changed();
      onAnswer(answer);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      // Without an answer the order may stand: the same id makes a second try harmless.
      if (problem.status !== 0 && problem.status < 500) attempt = newId();
      wasRefused = true;
      errors.tell(refusalOf(market, problem.body), { focus: true });
    } finally {
      button.disabled = isSending = false;
    }
  }

  form.addEventListener("submit", send);
  form.addEventListener("input", (event) => {
    if (["quantity", "budget", "side", "by"].includes(event.target.name)) share.reset();
    changed();
  });
  form.addEventListener("change", ({ target }) => {
    const { wrong } = reader.values(shown());
    if (target.value && wrong.has(target.name)) {
      errors.tell({ field: target.name, text: wrong.get(target.name) });
    }
  });
  changed();

  return {
    redraw: draw,
    bookMoved() {
      preview.bookMoved();
    },
    /** Take a price out of the book. */
    fillPrice(atoms) {
      const name = ["price", "trigger"].find((each) => shown().has(each));
      if (!name) return;
      reader.write(name, atoms);
      changed();
    },
  };
}

function isDefault(field) {
  return field.tagName === "SELECT" ? field.selectedIndex === 0 : field.value === "";
}

/** A client order id; `crypto.randomUUID` is missing on plain HTTP beyond this machine. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What a datetime-local field shows for a moment. */
function localMinute(milliseconds) {
  const time = new Date(milliseconds);
  time.setMinutes(time.getMinutes() - time.getTimezoneOffset());
  return time.toISOString().slice(0, 16);
}
