// The visitor's orders in this market: those that live, as the stream tells them.

import { get } from "./api.js";
import { put } from "./frame.js";
import { newsOf } from "./news.js";
import { drawRow, makeRow } from "./order_row.js";
import { isLive, isResting } from "./order_words.js";
import { cancelAllDialog, cancelOne } from "./cancelling.js";
import { storyDialog } from "./story.js";

const ENDED_SHOWN = 30;

/** onChange()  called when orders came or went */
export function myOrdersView(market, onChange) {
  const byId = (id) => document.getElementById(id);
  const bodies = { open: byId("open-orders"), ended: byId("ended-orders") };
  const orders = new Map();
  const ended = new Map();
  const rows = { open: new Map(), ended: new Map() };
  const showStory = storyDialog(market);
  const cancelAll = cancelAllDialog(market, () => [...orders.values()], announce);
  let which = "open";

  const does = { story: showStory, cancel: (order) => cancelOne(market, order, announce) };

  function announce(text) {
    put(byId("news"), text);
  }

  /** Brings a table in step with its orders; rows that stay are patched, not made anew. */
  function draw(name, all) {
    const known = [...new Map([...ended, ...orders]).values()];
    const sorted = [...all.values()].sort(byList);
    for (const [id, row] of rows[name]) {
      if (!all.has(id)) {
        row.remove();
        rows[name].delete(id);
      }
    }
    sorted.forEach((order, n) => {
      if (!rows[name].has(order.id)) rows[name].set(order.id, makeRow(market, order, does));
      const row = rows[name].get(order.id);
      drawRow(row, market, order, known, sorted);
      if (bodies[name].rows[n] !== row) bodies[name].insertBefore(row, bodies[name].rows[n]);
    });
  }

  function drawAll() {
    draw("open", orders);
    if (which === "ended") draw("ended", ended);
    put(byId("open-count"), String(orders.size));
    byId("cancel-all").disabled = orders.size === 0;
    byId("no-orders").hidden = (which === "open" ? orders : ended).size > 0;
  }

  function keep(order) {
    if (isLive(order)) {
      orders.set(order.id, order);
      return;
    }
    orders.delete(order.id);
    if (which === "ended") ended.set(order.id, order);
  }

  function changed() {
    drawAll();
    onChange();
  }

  async function choose(event) {
    which = event.target.value;
    for (const name of ["open", "ended"]) bodies[name].hidden = name !== which;
    if (which === "ended") {
      const query = `market=${market.symbol}&status=closed&limit=${ENDED_SHOWN}`;
      const page = await get(`/orders?${query}`).catch((problem) => announce(problem.message));
      ended.clear();
      for (const order of page?.results ?? []) ended.set(order.id, order);
    }
    drawAll();
  }

  for (const radio of document.querySelectorAll('[name="which"]')) {
    radio.addEventListener("change", choose);
  }
  byId("cancel-all").addEventListener("click", cancelAll);
  drawAll();

  return {
    replace(all) {
      orders.clear();
      all.forEach(keep);
      changed();
    },
    update(message) {
      const told = newsOf(market, message, orders);
      if (told) announce(told);
      message.orders.forEach(keep);
      changed();
    },
    announce,
    /** Whether one of them rests at this price. */
    isAt(side, atoms) {
      const wanted = side === "bids" ? "buy" : "sell";
      for (const order of orders.values()) {
        if (order.side === wanted && isResting(order)
            && market.readPrice(order.price) === atoms) return true;
      }
      return false;
    },
  };
}

/** The newest first; those of one list together, in their own order. */
function byList(a, b) {
  const lists = BigInt(b.list_id ?? b.id) - BigInt(a.list_id ?? a.id);
  const apart = lists || BigInt(a.id) - BigInt(b.id);
  return apart < 0n ? -1 : Number(apart > 0n);
}
