"use strict";
// One WebSocket a page: it subscribes to what the page shows (every data-topic), resumes after a
// break from the last event seen, and changes what is shown. Without it pages are right on reload.
(() => {
  if (!window.WebSocket) return;
  const { push, after } = document.body.dataset;
  const words = JSON.parse(document.body.dataset.words);
  const number = (count) => Number(count).toLocaleString(document.documentElement.lang);
  const address = `${push || location.origin.replace(/^http/, "ws")}/ws/`;
  const PING = 25000, PATIENCE = 10000, LONGEST = 60000, MOST = 90, AT_ONCE = 50;
  const FINAL = new Set([4401]);
  const seen = new Set();
  const newer = new Set();
  let socket = null, place = BigInt(after || 0), tries = 0, waiting = null, pulse = null, doubt = null;
  // Until all that was asked for is told, older events may still come: so long the place stays.
  let unanswered = 0, highest = place, called = null;

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const listed = () => all("[data-item]").map((post) => BigInt(post.dataset.item));

  // --- What an event changes on the page -----------------------------------------------------
  const announce = (text) => {
    const note = document.querySelector(".told");
    if (!note) return;
    note.hidden = false;
    note.firstElementChild.textContent = text;
  };

  // A post counts as new if it is not shown, and not older than what is shown.
  const countNewer = ({ post_id: id }) => {
    const shown = listed();
    if (shown.includes(BigInt(id)) || (shown.length && BigInt(id) < shown[shown.length - 1])) return;
    newer.add(id);
    announce(newer.size === 1 ? words.one_new : words.many_new.replace("%s", number(newer.size)));
  };

  const moveCounts = ({ post_id: id, ...counts }) => {
    const post = document.getElementById(`post-${id}`);
    if (!post) return;
    for (const [name, count] of Object.entries(counts)) {
      const text = number(count);
      all(`[data-count="${name}"]`, post).forEach((place) => {
        place.textContent = text;
        const named = place.closest("[data-counted]");
        if (named) named.setAttribute("aria-label", named.getAttribute("aria-label").replace(/\d[\d.,]*/, text));
      });
    }
  };

  const tick = ({ post_id: id, at }) => {
    const mark = document.querySelector(`#post-${CSS.escape(id)} .tick`);
    if (!mark) return;
    mark.classList.add("arrived");
    mark.setAttribute("aria-label", words.everywhere);
    mark.title = `${mark.dataset.stored}, ${words.arrived.replace("%s", at.slice(11, 19))}`;
  };

  const showUnread = ({ unread }) => {
    all("[data-badge]").forEach((badge) => {
      badge.hidden = unread === 0;
      const shown = unread > 99 ? "99+" : String(unread);
      badge.dataset.badge = unread;
      badge.children[0].textContent = shown;
      badge.children[1].textContent = unread === 1 ? words.one_unread : words.unread.replace("%s", shown);
    });
  };

  // What the page lacks, or shows as it was, can be had again.
  const lift = () => all("#faults .note a").forEach((link) => { link.textContent = words.back; });

  const changes = { home: countNewer, public: countNewer, post: moveCounts, arrivals: tick, notifications: showUnread };

  // --- The connection ------------------------------------------------------------------------
  const labels = () => {
    const found = new Set(all("[data-topic]").map((element) => element.dataset.topic));
    const own = [...found].filter((label) => !label.includes(":"));
    return [...own, ...[...found].filter((label) => label.includes(":"))].slice(0, MOST);
  };
  const say = (message) => socket.send(JSON.stringify(message));
  const ask = (topics) => {
    for (let start = 0; start < topics.length; start += AT_ONCE) {
      unanswered++;
      say({ do: "resume", after: String(place), topics: topics.slice(start, start + AT_ONCE) });
    }
  };
  let asked = new Set();

  // What is told may not be on every replica yet: with this token no page is answered by one that
  // lacks it. Signed, and it only moves forward; settings.py has the same name.
  const remember = (token) => {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `rookery_told=${token}; path=/; max-age=86400; samesite=lax${secure}`;
  };
  const reach = (id) => {
    if (id > highest) highest = id;
    if (unanswered === 0) place = highest;
  };

  const hear = (message) => {
    if (message.type === "pong") { clearTimeout(doubt); return; }
    if (message.type === "shard.up") { lift(); return; }
    if (message.type === "reconnect") { called = message.after_ms; reach(BigInt(message.resume)); return; }
    if (message.type === "resumed" || message.type === "reset") { unanswered--; reach(place); }
    if (message.type === "reset") { if (message.topics.some((t) => t in changes)) announce(words.news); return; }
    if (message.type !== "event") return;
    if (message.seen) remember(message.seen);
    reach(BigInt(message.id));
    const once = `${message.topic} ${message.id}`;
    if (seen.has(once)) return;
    seen.add(once);
    const change = changes[message.topic.split(":")[0]];
    if (change) change(message.data);
    // What a plugin's topic is about asks for itself anew.
    else all(`[data-topic="${CSS.escape(message.topic)}"]`).forEach((part) => htmx.trigger(part, "told"));
  };

  const beat = () => {
    say({ do: "ping" });
    doubt = setTimeout(() => socket.close(), PATIENCE);
  };

  const connect = () => {
    clearTimeout(waiting);
    waiting = null;
    const topics = labels();
    if (!topics.length || !navigator.onLine) return;
    socket = new WebSocket(address);
    const mine = socket;
    mine.addEventListener("open", () => {
      tries = unanswered = 0;
      highest = place;
      asked = new Set(topics);
      ask(topics);
      pulse = setInterval(beat, PING);
    });
    mine.addEventListener("message", (event) => hear(JSON.parse(event.data)));
    mine.addEventListener("close", (event) => {
      clearInterval(pulse);
      clearTimeout(doubt);
      socket = null;
      // After a restart of the site all come back, but not all at once: at the time that the server
      // gave, else at one of our own.
      const most = event.code === 4429 ? LONGEST : Math.min(LONGEST, 1000 * 2 ** tries++);
      const pause = called ?? most / 2 + Math.random() * most / 2;
      called = null;
      if (!FINAL.has(event.code)) waiting = setTimeout(connect, pause);
    });
  };

  // What the page shows has changed: subscribe to what is new on it.
  document.addEventListener("htmx:afterSettle", () => {
    if (!socket || socket.readyState !== WebSocket.OPEN) return;
    const more = labels().filter((label) => !asked.has(label)).slice(0, Math.max(0, MOST - asked.size));
    more.forEach((label) => asked.add(label));
    ask(more);
  });
  window.addEventListener("online", () => { if (!socket) connect(); });
  window.addEventListener("offline", () => { if (socket) socket.close(); });
  // A page that comes back from the browser's memory is old: what it missed is told.
  window.addEventListener("pageshow", (event) => { if (event.persisted && !socket) connect(); });
  connect();
})();
