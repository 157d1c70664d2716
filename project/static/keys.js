"use strict";
// Keyboard shortcuts, off where the account says so. None of them while something is written.
(() => {
  if (!document.body.hasAttribute("data-keys")) return;
  const posts = () => [...document.querySelectorAll("article.post")];
  const links = [...document.querySelectorAll("#keys [data-go]")];
  const places = Object.fromEntries(links.map((link) => [link.dataset.go, link.href]));
  let goes = 0;

  const chosen = () => document.activeElement.closest("article.post");
  const step = (by) => {
    const all = posts();
    if (!all.length) return;
    const here = all.indexOf(chosen());
    const next = all[here < 0 ? 0 : Math.min(all.length - 1, Math.max(0, here + by))];
    next.tabIndex = -1;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const press = (selector) => {
    const found = (chosen() || document).querySelector(selector);
    if (found) found.click();
  };
  const write = () => {
    const area = document.querySelector("form.compose textarea");
    if (area) area.focus();
    else location.assign("/posts/new");
  };
  const help = () => {
    const dialog = document.getElementById("keys");
    if (dialog.open) dialog.close();
    else dialog.showModal();
  };

  const deeds = {
    j: () => step(1),
    k: () => step(-1),
    n: write,
    l: () => chosen() && press("button[id^=like]"),
    b: () => chosen() && press("button[id^=repost]"),
    r: () => chosen() && press(".actions a"),
    o: () => chosen() && press("a.when"),
    g: () => { goes = Date.now(); },
    "?": help,
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const isGoing = Date.now() - goes < 1500;
    goes = 0;
    const deed = isGoing && event.key in places ? () => location.assign(places[event.key]) : deeds[event.key];
    if (!deed) return;
    event.preventDefault();
    deed();
  });
})();
