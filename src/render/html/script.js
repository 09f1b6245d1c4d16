"use strict";
// Folds and filters what the page holds, and keeps the filter in the address. Without it the page reads the same.
(() => {
  const tools = document.getElementById("tools");
  if (!tools) return;
  const query = document.getElementById("query");
  const shown = document.getElementById("shown");
  const nothing = document.getElementById("nothing");
  const boxes = [...tools.querySelectorAll("input[type=checkbox]")];
  const groups = [...document.querySelectorAll(".part, .group")]
    .filter((node) => node.querySelector(".entry"))
    .map((node) => ({ node, number: 0 }));
  const groupOf = new Map(groups.map((group) => [group.node, group]));
  const entries = [...document.querySelectorAll(".entry")].map((node) => ({
    node,
    kind: node.dataset.kind,
    text: null,
    is: true,
    groups: [node.closest(".group"), node.closest(".part")].map((above) => groupOf.get(above)).filter(Boolean),
  }));
  // Many entries are looked at only once nobody types any more.
  const pause = entries.length > 500 ? 150 : 0;

  const holds = (entry, words) => {
    if (entry.text === null) entry.text = entry.node.textContent.toLowerCase();
    return words.every((word) => entry.text.includes(word));
  };

  const filter = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const off = new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
    // Everything is read before anything is written, so that the layout is made once.
    for (const entry of entries) entry.is = !off.has(entry.kind) && (words.length === 0 || holds(entry, words));
    for (const group of groups) group.number = 0;
    let number = 0;
    for (const entry of entries) {
      if (entry.node.hidden === entry.is) entry.node.hidden = !entry.is;
      if (!entry.is) continue;
      number += 1;
      for (const group of entry.groups) group.number += 1;
    }
    for (const group of groups) group.node.hidden = group.number === 0;
    nothing.hidden = number > 0;
    shown.textContent = `${number} of ${entries.length} shown`;
  };

  const keep = () => {
    const kept = new URLSearchParams();
    if (query.value) kept.set("q", query.value);
    const off = boxes.filter((box) => !box.checked).map((box) => box.value);
    if (off.length > 0) kept.set("hide", off.join(","));
    const text = kept.toString();
    history.replaceState(null, "", text ? `#${text}` : location.href.split("#")[0]);
  };

  const recall = () => {
    const text = location.hash.slice(1);
    // Anything else is a place on the page.
    if (text && !text.includes("=")) return;
    const kept = new URLSearchParams(text);
    query.value = kept.get("q") ?? "";
    const off = new Set((kept.get("hide") ?? "").split(","));
    for (const box of boxes) box.checked = !off.has(box.value);
    filter();
  };

  const fold = (open) => {
    for (const entry of entries) if (entry.is && entry.node.localName === "details") entry.node.open = open;
  };

  let waiting = 0;
  const changed = (after) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      filter();
      keep();
    }, after);
  };

  query.addEventListener("input", () => changed(pause));
  for (const box of boxes) box.addEventListener("change", () => changed(0));
  document.getElementById("expand").addEventListener("click", () => fold(true));
  document.getElementById("fold").addEventListener("click", () => fold(false));
  tools.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", recall);
  tools.hidden = false;
  recall();
})();
