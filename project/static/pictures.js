"use strict";
// Pictures of the composer: each is uploaded when it is chosen, dropped or pasted, and then shown
// with what can be said of it. Without this script the files go with the form.
(() => {
  const part = document.querySelector("[data-attach]");
  if (!part || !window.fetch) return;
  const { form } = part.querySelector("input");
  const ids = part.querySelector("input[name=pictures]");
  const shown = part.querySelector("[data-attached]");
  const most = Number(part.dataset.most);
  const said = part.querySelector("[role=status]");
  const choices = [...part.querySelectorAll(".choose")];
  const input = choices.length ? choices[0].querySelector("input[type=file]") : null;
  let coming = 0;

  const count = () => shown.querySelectorAll(".attached:not([hidden])").length;

  // One field that takes several files stands for the numbered ones.
  const settle = () => {
    choices.forEach((choice) => { choice.hidden = choice !== choices[0] || count() >= most; });
    ids.value = [...shown.children].map((one) => one.dataset.id).join(",");
    form.querySelectorAll("button:not([type=button])").forEach((button) => { button.disabled = coming > 0; });
    if (coming) said.textContent = part.dataset.coming;
  };

  const send = async (file) => {
    const body = new FormData();
    body.append("file", file);
    body.append("csrfmiddlewaretoken", form.csrfmiddlewaretoken.value);
    coming += 1;
    settle();
    try {
      const answer = await fetch(part.dataset.attach, { method: "POST", body, headers: { "HX-Request": "true" } });
      const text = await answer.text();
      const isText = (answer.headers.get("Content-Type") || "").startsWith("text/plain");
      if (answer.status === 201) shown.insertAdjacentHTML("beforeend", text);
      said.textContent = answer.status === 201 ? part.dataset.focus : isText ? text : part.dataset.failed;
    } catch {
      said.textContent = part.dataset.failed;
    }
    coming -= 1;
    settle();
  };

  const take = async (files) => {
    part.open = true;
    for (const file of [...files].filter((one) => one.type.startsWith("image/"))) {
      if (count() + coming < most) await send(file);
    }
  };

  if (input) {
    input.multiple = true;
    const alt = choices[0].querySelector("input[maxlength]");
    alt.closest(".field").hidden = true;
    input.addEventListener("change", async () => {
      const files = [...input.files];
      input.value = "";
      await take(files);
    });
    form.addEventListener("paste", (event) => {
      if (event.clipboardData.files.length) { event.preventDefault(); take(event.clipboardData.files); }
    });
    form.addEventListener("dragover", (event) => event.preventDefault());
    form.addEventListener("drop", (event) => {
      if (event.dataTransfer.files.length) { event.preventDefault(); take(event.dataTransfer.files); }
    });
  }

  // Where somebody clicks is what stays in sight when the picture is cut.
  const look = (image, x, y) => {
    image.closest(".attached").querySelector("input[name^=focus_]").value = `${x.toFixed(2)},${y.toFixed(2)}`;
    image.style.setProperty("--across", `${(x + 1) * 50}%`);
    image.style.setProperty("--down", `${(1 - y) * 50}%`);
  };
  shown.addEventListener("click", (event) => {
    const image = event.target.closest("img[data-focus]");
    if (!image) return;
    const box = image.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * 2 - 1;
    const y = 1 - ((event.clientY - box.top) / box.height) * 2;
    look(image, x, y);
  });
  shown.addEventListener("change", (event) => {
    if (event.target.name && event.target.name.startsWith("drop_")) {
      event.target.closest(".attached").remove();
      settle();
    }
  });
  settle();
})();
