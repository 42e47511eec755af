// The story of an order, told in a drawer: GET /orders/{id}/timeline.

import { Problem, get } from "./api.js";
import { show } from "./decimal.js";
import { figure, momentText } from "./figures.js";
import { put } from "./frame.js";
import { orderText, stateText } from "./order_words.js";

/** A function that shows the story of an order. */
export function storyDialog(market) {
  const byId = (id) => document.getElementById(id);
  const dialog = byId("story");
  const entries = byId("story-entries");

  return async (order) => {
    put(byId("story-title"), `Story of order ${order.id}`);
    put(byId("story-order"), `${sentence(orderText(market, order))}. ${stateText(market, order)}.`);
    put(byId("story-error"), "");
    entries.replaceChildren();
    dialog.showModal();
    try {
      const story = await get(`/orders/${order.id}/timeline`);
      entries.replaceChildren(...story.entries.map((entry) => entryNode(market, entry)));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      put(byId("story-error"), problem.message);
    }
  };
}

function entryNode(market, entry) {
  const node = document.createElement("li");
  const time = document.createElement("time");
  time.dateTime = entry.at;
  time.textContent = momentText(entry.at);
  const text = document.createElement("span");
  text.textContent = tellEntry(market, entry);
  node.dataset.what = entry.what;
  node.append(time, text);
  return node;
}

/** The API's sentence, with its figures as people read them. */
function tellEntry(market, entry) {
  const units = {
    limit: entry.unit, actual: entry.unit, price: "price", quantity: "quantity",
  };
  const shown = new Map();
  for (const [name, unit] of Object.entries(units)) {
    if (entry[name] !== null) shown.set(entry[name], figure(market, entry[name], unit));
  }
  return entry.text.replace(/\d+(?:\.\d+)?/g, (text) => shown.get(text) ?? show(text, 18))
    .replaceAll("_", " ");
}

const sentence = (text) => text[0].toUpperCase() + text.slice(1);
