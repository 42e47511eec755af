// "Verify me": this browser follows the visitor's leaves up to the roots, by itself.
// The same steps as in verify_liabilities.py; sums are BigInts, eight bytes, lowest first.

import { get } from "./api.js";
import { put } from "./frame.js";

const table = document.querySelector("table.mine");
const verdict = document.getElementById("verdict");

const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (array) => [...array].map((it) => it.toString(16).padStart(2, "0")).join("");

function packed(number) {
  const value = BigInt(number);
  if (value < 0n || value >= 2n ** 64n) throw new RangeError("out of range");
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, value, true);
  return out;
}

function joined(...parts) {
  const out = new Uint8Array(parts.reduce((sum, it) => sum + it.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

async function sha256(data) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

async function hmac(secret, data) {
  const how = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, how, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, data));
}

async function parent(left, right) {
  const said = [left.digest, packed(left.sum), right.digest, packed(right.sum)];
  return { digest: await sha256(joined(...said)), sum: left.sum + right.sum };
}

/** What the leaves of a tree add up to; throws when one does not lead to the root. */
async function ownSum(mine, tree, root, total) {
  const secret = joined(bytes(mine.account_nonce), packed(tree.number), packed(mine.account));
  const nonce = await sha256(secret);
  const seen = new Map();
  for (const leaf of tree.leaves) {
    const said = joined(packed(leaf.value), packed(leaf.index));
    let node = { digest: await hmac(nonce, said), sum: BigInt(leaf.value) };
    let place = leaf.index;
    for (const [digest, sum] of leaf.path) {
      const other = { digest: bytes(digest), sum: BigInt(sum) };
      node = await (place % 2 ? parent(other, node) : parent(node, other));
      place = Math.floor(place / 2);
    }
    if (place !== 0 || hex(node.digest) !== root || node.sum !== BigInt(total)) {
      throw new Error("a leaf does not lead to the root");
    }
    seen.set(leaf.index, BigInt(leaf.value));
  }
  return [...seen.values()].reduce((sum, value) => sum + value, 0n);
}

/** A tree counts in coarser units than the asset where that is too fine: rounded up. */
function inUnits(balance, scale) {
  const [whole, fraction = ""] = balance.split(".");
  const kept = BigInt(whole + fraction.slice(0, scale).padEnd(scale, "0"));
  return /[1-9]/.test(fraction.slice(scale)) ? kept + 1n : kept;
}

async function check(mine, row) {
  const cell = row.querySelector(".check");
  const shown = row.querySelector("td.number").textContent;
  const tree = mine.trees.find((it) => it.asset === row.dataset.asset);
  let right = false;
  try {
    // Against the root that the page shows to everybody, not the one in the answer.
    const sum = await ownSum(mine, tree, row.dataset.root, row.dataset.total);
    right = sum === inUnits(shown, tree.scale);
  } catch {
    // What cannot be read is not right either.
  }
  cell.dataset.state = right ? "right" : "wrong";
  put(cell, right ? "✓ counted in full" : "✕ wrong");
  return right;
}

async function checkAll() {
  if (!crypto.subtle) {
    put(verdict, "Over an unsafe connection a browser checks nothing: use the verifier below.");
    return;
  }
  const mine = await get(`/proofs/${table.dataset.proof}/mine`);
  const rows = [...table.querySelectorAll("tbody tr")];
  const right = await Promise.all(rows.map((row) => check(mine, row)));
  put(verdict, right.every(Boolean)
    ? "This browser followed your leaves to the roots below: all that you had is counted."
    : "Something is not as it should be. Run the verifier below, and tell us.");
}

checkAll().catch((problem) => put(verdict, `Nothing was checked: ${problem.message}`));
