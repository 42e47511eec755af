// The visitor's balances: what the form may spend, and the table.

import { parse, show } from "./decimal.js";
import { put } from "./frame.js";

/** Keeps balances and shows them. */
export function fundsView(market, onChange) {
  const body = document.getElementById("balances");
  const nothing = document.getElementById("no-funds");
  let balances = null;

  return {
    /** Atoms of one of the market's assets; null while balances are unknown. */
    available(code) {
      if (balances === null) return null;
      const scale = code === market.base ? market.baseScale : market.quoteScale;
      const balance = balances.find(({ asset }) => asset === code);
      return balance ? parse(balance.available, scale) : 0n;
    },
    replace(all) {
      balances = all;
      nothing.hidden = all.length > 0;
      while (body.rows.length > all.length) body.deleteRow(-1);
      while (body.rows.length < all.length) addRow(body);
      all.forEach(({ asset, available, held }, n) => {
        const scale = available.split(".")[1]?.length ?? 0;
        const texts = [asset, show(available, scale), show(held, scale)];
        texts.forEach((text, cell) => put(body.rows[n].cells[cell], text));
      });
      onChange();
    },
  };
}

function addRow(body) {
  const row = body.insertRow();
  const asset = document.createElement("th");
  asset.scope = "row";
  row.append(asset);
  row.insertCell().className = "number";
  row.insertCell().className = "number";
}
