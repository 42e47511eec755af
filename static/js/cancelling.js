// Cancelling orders: one at once, all after a question.

import { Problem, remove } from "./api.js";
import { put } from "./frame.js";
import { refusalOf } from "./refusals.js";

/** Cancels; what becomes of it is told by the stream, what goes wrong by `announce`. */
export async function cancelOne(market, order, announce) {
  try {
    await remove(`/orders/${order.id}`);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    announce(refusalOf(market, problem.body).text);
  }
}

/** A function that asks whether all live orders, or those of a side, are to be cancelled. */
export function cancelAllDialog(market, liveOrders, announce) {
  const dialog = document.getElementById("confirm-all");
  const form = dialog.querySelector("form");

  function count() {
    const side = form.elements.sides.value;
    const found = liveOrders().filter((order) => !side || order.side === side).length;
    put(document.getElementById("confirm-count"), `${found} ${found === 1 ? "order" : "orders"}.`);
  }

  form.addEventListener("input", count);
  dialog.addEventListener("close", async () => {
    if (dialog.returnValue !== "cancel") return;
    const side = form.elements.sides.value;
    try {
      await remove(`/orders?market=${market.symbol}${side && `&side=${side}`}`);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      announce(refusalOf(market, problem.body).text);
    }
  });

  return () => {
    dialog.returnValue = "";
    form.reset();
    count();
    dialog.showModal();
  };
}
