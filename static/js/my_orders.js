// The visitor's open orders in this market: the table, cancelling, and what is announced.

import { Problem, remove } from "./api.js";
import { put } from "./frame.js";
import { timeText } from "./tape.js";

const WORDS = { buy: ["Buy", "Bought"], sell: ["Sell", "Sold"] };
const OPEN = new Set(["open", "partially_filled"]);
/** Why an order ended, for people. */
const ENDS = {
  no_liquidity: "nothing left in the book to trade with",
  budget_too_small: "the budget is too small for one lot",
  insufficient_funds: "not enough funds",
};

/** onChange()  called when orders came or went */
export function myOrdersView(market, onChange) {
  const body = document.getElementById("open-orders");
  const nothing = document.getElementById("no-orders");
  const news = document.getElementById("news");
  const orders = new Map();
  const rows = new Map();

  const read = { price: market.readPrice, quantity: market.readQuantity };
  const priceOf = (order) => market.price(read.price(order.price));
  const quantity = (text) => market.quantity(read.quantity(text));

  function set(order) {
    if (!OPEN.has(order.status)) {
      orders.delete(order.id);
      rows.get(order.id)?.remove();
      rows.delete(order.id);
      return;
    }
    orders.set(order.id, order);
    if (!rows.has(order.id)) rows.set(order.id, addRow(order));
    const cells = rows.get(order.id).cells;
    put(cells[0], WORDS[order.side][0]);
    cells[0].className = order.side;
    put(cells[1], priceOf(order));
    put(cells[2], quantity(order.quantity));
    put(cells[3], quantity(order.filled));
    put(cells[4], timeText(order.created_at));
  }

  function addRow(order) {
    const row = body.insertRow(0);
    for (const name of ["", "number", "number", "number", "number wide", "number"]) {
      row.insertCell().className = name;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Cancel";
    const what = `Cancel: ${order.side} ${quantity(order.quantity)} at ${priceOf(order)}`;
    button.setAttribute("aria-label", what);
    button.addEventListener("click", () => cancel(order.id, button));
    row.cells[5].append(button);
    return row;
  }

  async function cancel(id, button) {
    button.disabled = true;
    try {
      await remove(`/orders/${id}`);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      put(news, problem.message);
      button.disabled = false;
    }
  }

  function changed() {
    nothing.hidden = orders.size > 0;
    onChange();
  }

  function tell({ orders: touched, fills }) {
    const told = fills.map(
      (fill) =>
        `${WORDS[fill.side][1]} ${quantity(fill.quantity)} ${market.base} ` +
        `at ${market.price(read.price(fill.price))}.`,
    );
    for (const order of touched) {
      if (order.status === "cancelled") {
        const why = ENDS[order.reason];
        told.push(why ? `The rest was cancelled: ${why}.` : "Order cancelled.");
      } else if (order.status === "open" && !orders.has(order.id)) {
        told.push(`Order placed: ${order.side} ${quantity(order.quantity)} at ${priceOf(order)}.`);
      }
    }
    const most = 3;
    const more = told.length > most ? ` And ${told.length - most} more.` : "";
    if (told.length) put(news, told.slice(0, most).join(" ") + more);
  }

  return {
    replace(all) {
      for (const id of [...orders.keys()]) set({ id, status: "gone" });
      for (const order of all.toReversed()) set(order);
      changed();
    },
    update(message) {
      tell(message);
      message.orders.forEach(set);
      changed();
    },
    announce(text) {
      put(news, text);
    },
    /** Whether one of them rests at this price. */
    isAt(side, price) {
      const wanted = side === "bids" ? "buy" : "sell";
      for (const order of orders.values()) {
        if (order.side === wanted && read.price(order.price) === price) return true;
      }
      return false;
    },
  };
}
