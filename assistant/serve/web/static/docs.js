// The page of the API: each form makes its request and shows what comes back, as it comes.
"use strict";
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.path) return;
  event.preventDefault();
  const shown = document.createElement("pre"), query = new URLSearchParams(), body = new FormData();
  shown.tabIndex = 0;
  form.querySelector("output").replaceChildren(shown);
  let path = form.dataset.path;
  for (const input of form.querySelectorAll("input")) {
    const values = input.type === "file" ? [...input.files] : [input.value].filter(Boolean);
    for (const value of values) {
      if (input.dataset.where === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(value));
      else (input.dataset.where === "query" ? query : body).append(input.name, value);
    }
  }
  const json = form.querySelector("textarea"), what = { method: form.dataset.method, headers: {} };
  if (json) { what.body = json.value; what.headers["Content-Type"] = "application/json"; }
  else if (form.querySelector("[data-where=form]")) what.body = body;
  try {
    const reply = await fetch(`${path}${String(query) ? `?${query}` : ""}`, what);
    shown.textContent = `${reply.status} ${reply.headers.get("Content-Type") || ""}\n\n`;
    if (!/json|text|javascript/.test(reply.headers.get("Content-Type") || "")) { shown.textContent += `${(await reply.blob()).size} bytes`; return; }
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) shown.textContent += part.value;
  } catch { shown.textContent = form.dataset.lost; }
});
