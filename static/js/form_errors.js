// Errors of the order form, each beside the field that it is about.

import { put } from "./frame.js";

/** shown()  the names of the fields that the form shows now */
export function formErrors(form, shown) {
  const general = document.getElementById("order-error");
  const nodeOf = (name) => document.getElementById(`${name}-error`);

  /** The field for a name that stands for one of several. */
  function fieldFor(name) {
    const fields = shown();
    if (name === "amount") return fields.has("budget") ? "budget" : "quantity";
    if (name === "list") return fields.has("exit") ? "exit" : "price";
    return fields.has(name) && nodeOf(name) ? name : null;
  }

  function clear() {
    put(general, "");
    for (const field of form.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      put(nodeOf(field.name), "");
    }
  }

  return {
    clear,
    /** Says it beside the field, or above the button where no field is named. */
    tell({ field, text }, { focus = false } = {}) {
      clear();
      const name = fieldFor(field);
      if (name === null) {
        put(general, text);
        return;
      }
      const input = form.elements[name];
      input.setAttribute("aria-invalid", "true");
      put(nodeOf(name), text);
      if (!focus) return;
      input.closest("details")?.setAttribute("open", "");
      input.focus();
    },
  };
}
