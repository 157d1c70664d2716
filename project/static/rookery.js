"use strict";
(() => {
  // What scripts say, in the page's language.
  const words = JSON.parse(document.body.dataset.words);

  // A character is what people count as one: a family emoji is one, not seven.
  const segmenter = window.Intl && Intl.Segmenter ? new Intl.Segmenter() : null;
  const length = (text) => (segmenter ? [...segmenter.segment(text)].length : [...text].length);

  const showCount = (area) => {
    const place = area.form.querySelector(".count");
    if (!place) return;
    const left = Number(area.dataset.limit) - length(area.value.trim());
    place.textContent = words.left.replace("%s", left);
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

  // A page that is kept has the key of its form from when it was made: each draft has one of its own.
  if (window.crypto && crypto.randomUUID) {
    document.querySelectorAll("form:not([data-again]) input[name=key]").forEach((input) => {
      input.value = crypto.randomUUID();
    });
  }

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

  // What htmx asked for and did not get is said over the page, which stays as it is.
  const toast = document.getElementById("toast");
  let fading = null;
  const complain = (text) => {
    clearTimeout(fading);
    toast.textContent = text;
    toast.hidden = false;
    fading = setTimeout(() => { toast.hidden = true; }, 8000);
  };
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    const type = xhr.getResponseHeader("Content-Type") || "";
    complain(type.startsWith("text/plain") ? xhr.responseText : words.failed);
  });
  document.addEventListener("htmx:sendError", () => complain(words.offline));
})();
