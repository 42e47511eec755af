// The list of markets: each row follows its market's ticker.

import { showConnection } from "./connection.js";
import { put } from "./frame.js";
import { factsOf, readMarket } from "./market.js";
import { Stream } from "./stream.js";
import { tickerTexts } from "./ticker.js";

const stream = new Stream(showConnection(document.getElementById("connection")));

for (const facts of factsOf("markets")) {
  const market = readMarket(facts);
  const row = document.querySelector(`tr[data-symbol="${market.symbol}"]`);
  const cell = (name) => row.querySelector(`[data-of="${name}"]`);
  stream.follow("ticker", market.symbol, {
    snapshot(message) {
      const texts = tickerTexts(market, message);
      for (const name of ["last", "percent", "volume"]) put(cell(name), texts[name]);
      cell("percent").className = `number ${texts.direction}`;
    },
  });
}
