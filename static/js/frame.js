// Draws at most once per animation frame, however many messages arrive.

/** A function that runs `draw` before the next paint, once for any number of calls. */
export function onNextFrame(draw) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  };
}

/** Sets a text only where it differs: most cells stay as they are. */
export function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** `count` rows of `cells` empty cells each, made once and patched in place ever after. */
export function fixedRows(body, count, cells) {
  const rows = Array.from({ length: count }, () => {
    const row = document.createElement("tr");
    row.append(...cells.map((name) => {
      const cell = document.createElement("td");
      cell.className = name;
      return cell;
    }));
    return row;
  });
  body.replaceChildren(...rows);
  return rows;
}
