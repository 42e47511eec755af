// One row of the table of orders: made once, patched as the order changes.

import { Amending } from "./amend.js";
import { show } from "./decimal.js";
import { put } from "./frame.js";
import {
  SIDES, amountText, average, isLive, orderText, price, roleText, stateText, termsOf, typeText,
} from "./order_words.js";
import { timeText } from "./tape.js";

const CELLS = [
  ["Order", ""], ["Price", "number"], ["Trigger", "number"], ["Quantity", "number"],
  ["State", "state"], ["", "actions"],
];

/** does  with `story(order)` and `cancel(order)`, which returns a promise */
export function makeRow(market, order, does) {
  const row = document.createElement("tr");
  row.setAttribute("role", "row");
  for (const [label, className] of CELLS) {
    const cell = row.insertCell();
    cell.className = className;
    cell.setAttribute("role", "cell");
    if (label) cell.dataset.label = label;
  }
  const [what, , , quantity, state, actions] = row.cells;
  what.append(element("b"), " ", element("span"), element("small", "told"));
  row.cells[1].append(element("span"));
  row.cells[2].append(element("span"));
  quantity.append(element("span"), element("small", "told"));
  state.append(element("span"), element("span", "error"));
  row.order = order;
  row.amending = new Amending(row, market);
  const buttons = {
    Amend: () => row.amending.begin(),
    Story: () => does.story(row.order),
    Cancel: async (event) => {
      const { target } = event;
      target.disabled = true;
      await does.cancel(row.order);
      target.disabled = false;
    },
  };
  for (const [name, act] of Object.entries(buttons)) {
    const button = element("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", act);
    button.dataset.does = name;
    actions.append(button);
  }
  return row;
}

/** known  all orders, among which may be others of its list; shown  those of its table */
export function drawRow(row, market, order, known, shown) {
  row.order = order;
  row.isLinked = known.some((it) => isLive(it) && it.id !== order.id
    && order.list_id !== null && it.list_id === order.list_id);
  const [what, priceCell, trigger, quantity, state, actions] = row.cells;
  const [side, type, told] = what.querySelectorAll("b, span, small");
  put(side, SIDES[order.side][0]);
  side.className = order.side;
  put(type, typeText(order));
  const role = roleText(order, known);
  row.classList.toggle("linked", Boolean(role));
  row.classList.toggle("first", isFirst(order, shown));
  const terms = [role, ...termsOf(market, order), timeText(order.created_at)];
  put(told, terms.filter(Boolean).join(" · "));
  put(state.firstChild, stateText(market, order));
  const live = isLive(order);
  for (const button of actions.querySelectorAll("[data-does]")) {
    const { does } = button.dataset;
    if (!row.amending.isOn) button.hidden = does !== "Story" && !live;
    if (does === "Amend") button.hidden ||= !row.amending.isPossible;
    button.setAttribute("aria-label", `${does}: ${orderText(market, order)}`);
  }
  if (row.amending.isOn) {
    if (!live) row.amending.end();
    else return;
  }
  put(priceCell.firstChild, priceText(market, order));
  trigger.classList.toggle("empty", !order.trigger_price);
  put(trigger.firstChild, order.trigger_price ? price(market, order.trigger_price) : "–");
  put(quantity.firstChild, amountText(market, order));
  put(quantity.querySelector("small"), filledText(market, order));
}

/** Whether it is the first of its list that is shown. */
function isFirst({ id, list_id: list }, shown) {
  return Boolean(list) && !shown.some((it) => it.list_id === list && BigInt(it.id) < BigInt(id));
}

function priceText(market, order) {
  if (order.price) return price(market, order.price);
  if (!order.price_cap) return "Market";
  return `${order.side === "buy" ? "≤" : "≥"} ${price(market, order.price_cap)}`;
}

function filledText(market, order) {
  if (!/[1-9]/.test(order.filled)) return "";
  const at = average(market, order.average_price);
  return `${show(order.filled, market.baseScale)} filled at ${at}`;
}

function element(name, className = "") {
  const node = document.createElement(name);
  node.className = className;
  return node;
}
