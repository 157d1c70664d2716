"use strict";
// Times in the reader's zone: the account's, else the browser's. Without script they are in UTC.
(() => {
  const zone = document.body.dataset.zone || undefined;
  const { now: just } = JSON.parse(document.body.dataset.words);
  const language = document.documentElement.lang;
  const format = (options) => {
    try {
      return new Intl.DateTimeFormat(language, { ...options, timeZone: zone });
    } catch {
      return new Intl.DateTimeFormat(language, options);
    }
  };
  const full = format({ dateStyle: "long", timeStyle: "short" });
  const day = format({ day: "numeric", month: "short" });
  const far = format({ day: "numeric", month: "short", year: "numeric" });
  const STEPS = [[60, 1, "s"], [3600, 60, "min"], [86400, 3600, "h"]];

  // The server says when, so that a page stays right while it grows older.
  const ago = (moment) => {
    const passed = Math.max(0, (Date.now() - moment) / 1000);
    if (passed < 5) return just;
    for (const [limit, size, unit] of STEPS) {
      if (passed < limit) return `${Math.floor(passed / size)} ${unit}`;
    }
    return (moment.getFullYear() === new Date().getFullYear() ? day : far).format(moment);
  };

  const tell = () => {
    document.querySelectorAll("time[datetime]").forEach((place) => {
      const moment = new Date(place.dateTime);
      if (Number.isNaN(moment.getTime())) return;
      const whole = full.format(moment);
      const text = place.hasAttribute("data-ago") ? ago(moment) : whole;
      if (place.textContent !== text) place.textContent = text;
      if (!place.dataset.told) place.dataset.told = "yes";
      if (place.title !== whole) place.title = whole;
    });
  };
  tell();
  document.addEventListener("htmx:afterSettle", tell);
  setInterval(tell, 20000);
})();
