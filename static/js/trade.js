// The trading page: joins the stream to the panels.

import { Book, bookView } from "./book.js";
import { showConnection } from "./connection.js";
import { onNextFrame, put } from "./frame.js";
import { fundsView } from "./funds.js";
import { factsOf, readMarket } from "./market.js";
import { marketStateView } from "./market_state.js";
import { myOrdersView } from "./my_orders.js";
import { orderForm } from "./order_form.js";
import { Stream } from "./stream.js";
import { tapeView } from "./tape.js";
import { tickerTexts } from "./ticker.js";

const market = readMarket(factsOf("market"));
const stream = new Stream(showConnection(document.getElementById("connection")));
const book = new Book(market);
const tape = tapeView(market);
const mine = market.trader ? whatIsMine() : null;
const drawBook = bookView(
  market,
  book,
  (side, price) => mine?.orders.isAt(side, price) ?? false,
  (price) => mine?.form.fillPrice(price),
);

document.getElementById("market-picker").addEventListener("change", (event) => {
  location.assign(event.target.value);
});

stream.follow("depth", market.symbol, {
  snapshot(message) {
    book.clear();
    book.apply(message);
    bookChanged();
  },
  update(message) {
    book.apply(message);
    bookChanged();
  },
});
stream.follow("trades", market.symbol, {
  snapshot: ({ trades }) => tape.reset(trades.toReversed()),
  update: ({ trades }) => trades.forEach(tape.add),
});
const showState = marketStateView(market);
stream.follow("state", market.symbol, { snapshot: showState, update: showState });
stream.follow("ticker", market.symbol, { snapshot: showTicker });
if (mine) {
  stream.follow("orders", market.symbol, {
    snapshot: ({ orders }) => mine.orders.replace(orders),
    update: (message) => mine.orders.update(message),
  });
  stream.follow("balances", undefined, {
    snapshot: ({ balances }) => mine.funds.replace(balances),
  });
  const onDisconnect = document.getElementById("on-disconnect");
  onDisconnect.addEventListener("change", () => {
    stream.cancelOnDisconnect(onDisconnect.checked);
  });
  stream.onSwitch = (enabled) => {
    onDisconnect.checked = enabled;
  };
}

function bookChanged() {
  drawBook();
  mine?.form.bookMoved();
}

/** Open orders, balances and the form, which look at each other. */
function whatIsMine() {
  const redraw = onNextFrame(() => {
    drawBook();
    form.redraw();
  });
  const orders = myOrdersView(market, redraw);
  const funds = fundsView(market, redraw);
  const form = orderForm(document.getElementById("order"), market, book, funds, (answer) => {
    const placed = answer.orders ?? [answer];
    if (placed.some(({ status }) => status === "pending")) {
      orders.announce("The order is taken and will be matched.");
    }
  });
  return { orders, funds, form };
}

function showTicker(message) {
  const texts = tickerTexts(market, message);
  for (const name of ["last", "change", "high", "low", "volume"]) {
    put(document.getElementById(name), texts[name]);
  }
  document.getElementById("change").className = texts.direction;
  document.title = `${texts.last} ${market.symbol} · Fairbook`;
}
