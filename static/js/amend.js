// Amending an order where it stands: its cells become fields, and back.

import { Problem, patch } from "./api.js";
import { format, parse, parseTyped } from "./decimal.js";
import { put } from "./frame.js";
import { refusalOf } from "./refusals.js";

const WITH_PRICE = new Set(["limit", "stop_limit", "take_profit_limit"]);
const WITH_TRIGGER = new Set(["stop", "stop_limit", "take_profit", "take_profit_limit"]);
/** Where each value stands in the row, and how the API calls it. */
const FIELDS = {
  price: { cell: 1, label: "New price" },
  trigger_price: { cell: 2, label: "New trigger price" },
  quantity: { cell: 3, label: "New quantity, in all" },
};
/** The names that refusals have for the fields, as in the order form. */
const REFUSED = {
  price: "price", trigger: "trigger_price", quantity: "quantity", amount: "quantity",
};

/** What of an order can be amended as it stands now (docs/orders.md). */
function fieldsOf(order, isLinked) {
  if (isLinked || order.status === "waiting" || order.status === "pending") return [];
  const fields = [];
  if (WITH_PRICE.has(order.type)) fields.push("price");
  if (WITH_TRIGGER.has(order.type) && order.status === "armed") fields.push("trigger_price");
  if (order.quantity) fields.push("quantity");
  return fields;
}

/** The amending of one row; `row.order` is the order as it stands, and
 * `row.isLinked` whether another order of its list still lives. */
export class Amending {
  #row;
  #market;
  #inputs = new Map();
  #form = null;

  constructor(row, market) {
    this.#row = row;
    this.#market = market;
  }

  get isOn() {
    return this.#form !== null;
  }

  get isPossible() {
    return fieldsOf(this.#row.order, this.#row.isLinked).length > 0;
  }

  begin() {
    const { order, isLinked, cells } = this.#row;
    this.#form = buttons(() => this.#send(), () => this.end());
    for (const name of fieldsOf(order, isLinked)) {
      const input = document.createElement("input");
      input.inputMode = "decimal";
      input.setAttribute("aria-label", FIELDS[name].label);
      input.value = format(this.#read(name, order[name]), this.#scale(name));
      input.addEventListener("keydown", (event) => this.#key(event));
      cells[FIELDS[name].cell].firstChild.replaceChildren(input);
      this.#inputs.set(name, input);
    }
    for (const button of cells[5].querySelectorAll("[data-does]")) button.hidden = true;
    cells[5].append(this.#form);
    this.#inputs.values().next().value.select();
  }

  end() {
    const { order, cells } = this.#row;
    this.#form.remove();
    this.#form = null;
    for (const [name, input] of this.#inputs) {
      input.replaceWith(this.#text(name, order[name]));
    }
    this.#inputs.clear();
    this.#tell("");
    for (const button of cells[5].querySelectorAll("[data-does]")) button.hidden = false;
    cells[5].querySelector("[data-does]").focus();
  }

  async #send() {
    const changes = this.#changes();
    if (changes === null) return;
    if (!Object.keys(changes).length) {
      this.end();
      return;
    }
    const [save] = this.#form.children;
    save.disabled = true;
    try {
      await patch(`/orders/${this.#row.order.id}`, changes);
      if (this.isOn) this.end();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      const { field, text } = refusalOf(this.#market, problem.body);
      this.#tell(text, REFUSED[field]);
    } finally {
      save.disabled = false;
    }
  }

  /** The new values that differ from the old ones; null if one is no number. */
  #changes() {
    const changes = {};
    for (const [name, input] of this.#inputs) {
      const units = parseTyped(input.value, this.#scale(name));
      if (!units) {
        this.#tell("Enter a number above zero, such as 0.25.", name);
        return null;
      }
      if (units !== this.#read(name, this.#row.order[name])) {
        changes[name] = format(units, this.#scale(name));
      }
    }
    return changes;
  }

  #tell(text, name) {
    put(this.#row.cells[4].querySelector(".error"), text);
    for (const [each, input] of this.#inputs) {
      input.setAttribute("aria-invalid", String(each === name));
    }
    this.#inputs.get(name)?.focus();
  }

  #key(event) {
    if (event.key === "Enter") this.#send();
    if (event.key === "Escape") this.end();
  }

  #scale(name) {
    return name === "quantity" ? this.#market.baseScale : this.#market.quoteScale;
  }

  #read(name, text) {
    return parse(text, this.#scale(name));
  }

  #text(name, text) {
    const units = this.#read(name, text);
    return name === "quantity" ? this.#market.quantity(units) : this.#market.price(units);
  }
}

function buttons(save, discard) {
  const group = document.createElement("span");
  for (const [name, act] of [["Save", save], ["Discard", discard]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", act);
    group.append(button);
  }
  return group;
}
