// Says how the page is connected, in words.

import { put } from "./frame.js";

const TEXTS = {
  connecting: "Connecting …",
  live: "Live",
  away: "Connection lost, trying again …",
  "logged-out": "Logged out: reload the page",
};

export function showConnection(node) {
  return (state) => {
    node.dataset.state = state;
    put(node, TEXTS[state]);
  };
}
