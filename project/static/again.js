"use strict";
// The page of a refused request (503): sends the draft again, or loads the page again, by itself:
// when the site says that a server is back, else after the time that it asked for. The form's key
// has the draft posted once, however often it is sent.
(() => {
  const form = document.querySelector("form[data-again]");
  const { push, retry } = document.body.dataset;
  if (!form && !document.querySelector("meta[http-equiv=refresh]")) return;
  // Many wait for the same server: they come back one after another.
  const SPREAD = 2000;
  let done = false;

  const again = () => {
    if (done) return;
    done = true;
    if (form) form.requestSubmit(); else location.reload();
  };
  const soon = (after) => setTimeout(again, after + Math.random() * SPREAD);

  if (form) {
    const status = form.querySelector("[role=status]");
    status.textContent = form.dataset.waiting;
    form.addEventListener("input", () => {
      done = true;
      status.textContent = form.dataset.changed;
    });
    form.addEventListener("submit", () => { done = true; form.classList.add("busy"); });
    soon(Number(retry) * 1000);
  }
  if (!window.WebSocket) return;
  const socket = new WebSocket(`${push || location.origin.replace(/^http/, "ws")}/ws/`);
  socket.addEventListener("message", (event) => {
    if (JSON.parse(event.data).type === "shard.up") soon(0);
  });
})();
