// The types of orders: which fields each of them asks for, and what it does, in words.

const LIMIT_TYPES = new Set(["limit", "stop_limit", "take_profit_limit"]);
const LISTS = new Set(["oco", "bracket"]);

const FIELDS = {
  limit: ["price", "quantity"],
  market: ["amount"],
  stop: ["trigger", "amount"],
  stop_limit: ["trigger", "price", "quantity"],
  take_profit: ["trigger", "amount"],
  take_profit_limit: ["trigger", "price", "quantity"],
  trailing_stop: ["trail", "quantity"],
  oco: ["price", "quantity", "stopKind"],
  bracket: ["entryKind", "price", "quantity", "exit", "stopKind"],
};
const STOP_FIELDS = {
  stop: ["trigger"],
  stop_limit: ["trigger", "stopPrice"],
  trailing_stop: ["trail"],
};

export const isList = (type) => LISTS.has(type);

/** The type of the order that comes first: of a list, its limit leg or its entry. */
export function leadOf({ type, entryKind }) {
  if (type === "oco") return "limit";
  return type === "bracket" ? entryKind : type;
}

/** The times in force that the order may have; none where there is nothing to choose. */
export function timesOf(choice) {
  const lead = leadOf(choice);
  if (lead === "market") return [];
  const mayTakeOnly = LIMIT_TYPES.has(lead) && choice.type !== "oco";
  return mayTakeOnly ? ["gtc", "gtd", "ioc", "fok"] : ["gtc", "gtd"];
}

/** The names of the fields that an order of these choices has. */
export function fieldsOf(choice) {
  const { type, side, stopKind, by } = choice;
  const fields = new Set(FIELDS[type]);
  if (fields.delete("amount")) {
    const mayBeTotal = type === "market" || side === "buy";
    if (mayBeTotal) fields.add("by");
    fields.add(mayBeTotal && by === "total" ? "budget" : "quantity");
  }
  if (leadOf(choice) === "market") fields.delete("price");
  if (isList(type)) STOP_FIELDS[stopKind].forEach((name) => fields.add(name));
  for (const name of advancedOf(choice)) fields.add(name);
  return fields;
}

function advancedOf(choice) {
  const { type, stopKind, tif } = choice;
  const lead = leadOf(choice);
  const names = ["selfTrade"];
  const times = timesOf(choice);
  const time = times.includes(tif) ? tif : "gtc";
  if (times.length) names.push("tif");
  if (times.length && time === "gtd") names.push("expires");
  const lasts = lead === "limit" && (time === "gtc" || time === "gtd");
  if (lasts) names.push("display");
  if (lasts && type !== "oco") names.push("postOnly");
  const becomesMarket = !LIMIT_TYPES.has(lead) || (isList(type) && stopKind !== "stop_limit");
  if (becomesMarket) names.push("slippage");
  return names;
}

/** Which label a field has where it is not that of the page. */
export function labelsOf({ type, side }) {
  return {
    price: { oco: "Limit price", bracket: "Entry price" }[type] ?? "Price",
    budget: side === "buy" ? "Spend up to" : "Earn up to",
    trigger: isList(type) ? "Stop trigger" : "Trigger price",
    tif: type === "bracket" ? "Time in force of the entry" : "Time in force",
  };
}

/** One sentence about what the order will do. */
export function explain({ type, side }) {
  const buys = side === "buy";
  const verb = buys ? "Buys" : "Sells";
  const [against, along] = buys ? ["rises", "falls"] : ["falls", "rises"];
  return {
    limit: `${verb} at this price or a better one; the rest stands in the book.`,
    market: `${verb} at once, at the best prices in the book.`,
    stop: `${verb} at the market once the last price ${against} to the trigger.`,
    stop_limit: `Places a limit order once the last price ${against} to the trigger.`,
    take_profit: `${verb} at the market once the last price ${along} to the trigger.`,
    take_profit_limit: `Places a limit order once the last price ${along} to the trigger.`,
    trailing_stop: `A stop whose trigger follows the last price while it ${along}.`,
    oco: `A limit order and a stop; the first that trades or triggers cancels the other.`,
    bracket: `${verb}, then exits by whichever comes first: take profit or stop.`,
  }[type];
}
