"use strict";
// Keeps the operators' page as new as its last snapshot: told over push, else by asking now and then.
(() => {
  const place = document.getElementById("topology");
  const note = document.getElementById("topology-live");
  if (!place) return;
  const ASK_EVERY = 10000, FIRST_PAUSE = 1000, LONGEST_PAUSE = 30000;
  let asking = false, again = false, pause = FIRST_PAUSE, socket = null;

  const say = (text, live) => {
    if (note.textContent !== text) note.textContent = text;
    note.classList.toggle("is-live", live);
  };

  // One question at a time; what is told meanwhile leads to one more.
  const ask = async () => {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(place.dataset.now, { credentials: "same-origin" });
      if (answer.redirected || answer.status === 403) { say("You may no longer see this. Sign in again.", false); return; }
      if (answer.ok) place.innerHTML = await answer.text();
    } catch {
      say("The site does not answer; this is the last that was seen.", false);
    } finally {
      asking = false;
      if (again) { again = false; ask(); }
    }
  };

  const connect = () => {
    const base = place.dataset.push || location.origin.replace(/^http/, "ws");
    socket = new WebSocket(`${base}/ws/`);
    socket.onopen = () => socket.send(JSON.stringify({ do: "subscribe", topics: ["topology"] }));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "subscribed") { pause = FIRST_PAUSE; say("Live", true); ask(); }
      if (message.type === "refused") say(message.reason, false);
      if (message.type === "event" && message.topic === "topology" && !document.hidden) ask();
    };
    socket.onclose = () => {
      say("Push is away; asking every ten seconds.", false);
      pause = Math.min(LONGEST_PAUSE, pause * 2);
      setTimeout(connect, pause * (0.5 + Math.random() / 2));
    };
  };

  const isLive = () => socket && socket.readyState === WebSocket.OPEN && note.classList.contains("is-live");
  setInterval(() => { if (!document.hidden && !isLive()) ask(); }, ASK_EVERY);
  // The server checks now and then whose connection this is.
  setInterval(() => { if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ do: "ping" })); }, 25000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  connect();
})();
