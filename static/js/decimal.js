// Exact decimals: an amount is a BigInt count of 10^-scale, as on the server. No floats.

const PLAIN = /^(0|[1-9][0-9]{0,18})(?:\.([0-9]{1,18}))?$/;

/** The BigInt that a plain decimal string stands for; null when it is none, or too fine. */
export function parse(text, scale) {
  const match = PLAIN.exec(text);
  if (!match) return null;
  const fraction = (match[2] ?? "").replace(/0+$/, "");
  if (fraction.length > scale) return null;
  return BigInt(match[1] + fraction.padEnd(scale, "0"));
}

/** What a person typed: blanks round it, a leading or a trailing point are fine. */
export function parseTyped(text, scale) {
  const tidy = text.trim().replace(/^\./, "0.").replace(/\.$/, "");
  return parse(tidy.replace(/^0+(?=\d)/, ""), scale);
}

/** How many decimals a step such as "0.01000000" needs: 2. */
export function decimalsOf(step) {
  return (step.split(".")[1] ?? "").replace(/0+$/, "").length;
}

/** A decimal string with at least `decimals` decimals, more only where there is value. */
export function format(units, scale, decimals = 0) {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, "");
  const shown = fraction.padEnd(decimals, "0");
  return sign + whole + (shown ? `.${shown}` : "");
}

/** Thousands apart, for reading only. */
export function group(text) {
  const [whole, fraction] = text.split(".");
  const apart = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? apart : `${apart}.${fraction}`;
}

/** The server's string, shown with `decimals` decimals and thousands apart. */
export function show(text, scale, decimals = 0) {
  const units = parse(text.replace(/^-/, ""), scale);
  if (units === null) return text;
  return (text.startsWith("-") ? "-" : "") + group(format(units, scale, decimals));
}
