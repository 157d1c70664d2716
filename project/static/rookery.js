"use strict";
(() => {
  // A character is what people count as one: a family emoji is one, not seven.
  const segmenter = window.Intl && Intl.Segmenter ? new Intl.Segmenter() : null;
  const length = (text) => (segmenter ? [...segmenter.segment(text)].length : [...text].length);

  const showCount = (area) => {
    const place = area.form.querySelector(".count");
    if (!place) return;
    const left = Number(area.dataset.limit) - length(area.value.trim());
    place.textContent = `${left} left`;
    place.classList.toggle("over", left < 0);
  };

  document.addEventListener("input", (event) => {
    if (event.target.matches("textarea[data-limit]")) showCount(event.target);
  });

  // Ctrl-Enter sends what is being written.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea[data-limit]")) {
      event.target.form.requestSubmit();
    }
  });

  // A second click while the first is under way sends nothing twice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.hasAttribute("data-once")) {
      form.dataset.sent = "1";
      form.classList.add("busy");
    }
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      form.classList.remove("busy");
    });
    document.querySelectorAll("textarea[data-limit]").forEach(showCount);
  });

  // The push process hints that there is something new; reading it is the reader's choice.
  const note = document.querySelector("[data-topic]");
  if (note && window.WebSocket) {
    const base = note.dataset.push || location.origin.replace(/^http/, "ws");
    const seen = new Set();
    let tries = 0;
    const listen = () => {
      const socket = new WebSocket(`${base}/ws/${note.dataset.topic}`);
      socket.addEventListener("open", () => { tries = 0; });
      socket.addEventListener("message", (event) => {
        seen.add(JSON.parse(event.data).post_id);
        note.hidden = false;
        note.firstElementChild.textContent = seen.size === 1 ? "1 new post" : `${seen.size} new posts`;
      });
      socket.addEventListener("close", (event) => {
        if (event.code === 4404) return;
        // After a restart of the site all come back, but not all at once.
        const most = Math.min(60000, 1000 * 2 ** tries++);
        setTimeout(listen, most / 2 + Math.random() * most / 2);
      });
    };
    listen();
  }
})();
