// Our own pages: the cited place comes into sight, a transcript plays from where it is clicked, drawn pages show their box.
"use strict";
(async () => {
  document.querySelectorAll(".dark-toggle").forEach((one) => one.addEventListener("click", () => one.setAttribute("aria-pressed", String(window.kotonohaTheme(true)))));
  document.querySelectorAll("a.language").forEach((one) => { const to = new URL(location.href); to.searchParams.set("lang", one.lang); one.href = to.href; });
  document.querySelectorAll(".dark-toggle").forEach((one) => one.setAttribute("aria-pressed", String(document.documentElement.dataset.theme === "dark")));
  const hollow = (image) => { image.hidden = true; };  // a thumbnail that this viewer may not have
  document.querySelectorAll("img.small").forEach((one) => { if (one.complete && !one.naturalWidth) hollow(one); });
  addEventListener("error", (event) => { if (event.target.matches?.("img.small")) hollow(event.target); }, true);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const here = document.querySelector("#here, #cited, .passage.cited");
  if (!document.querySelector("img[data-src]")) here?.scrollIntoView({ block: "center" });
  const beside = parent !== window && document.body.matches(".beside");
  addEventListener("keydown", (event) => {  // Esc leaves a field with words in it, else closes the source beside the chat
    if (!beside || event.key !== "Escape" || event.isComposing) return;
    const field = document.activeElement;
    if (field.value !== field.defaultValue) field.blur(); else parent.document.getElementById("source-close")?.click();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("main a[href]");
    if (!beside || !link || link.target || link.hasAttribute("download") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault(); parent.kotonohaOpen?.(link.href);
  });
  document.addEventListener("submit", async (event) => {  // what cannot be done is said at its form, which keeps its words
    const form = event.target, then = form.dataset.then;
    if (then === undefined) return;
    event.preventDefault();
    form.querySelector(".notice")?.remove();
    const said = document.createElement("p");
    said.className = "notice"; said.setAttribute("role", "alert"); said.textContent = form.dataset.lost;
    try {
      const body = new URLSearchParams(new FormData(form));
      const reply = await fetch(form.action, { method: "POST", body, redirect: "manual", headers: { Accept: "application/json" } });
      if (reply.type === "opaqueredirect") { location.replace(then); return; }
      if (reply.ok) { document.querySelector("main").replaceWith(new DOMParser().parseFromString(await reply.text(), "text/html").querySelector("main")); return; }
      said.textContent = (await reply.json()).error;
    } catch { /* the server is gone, and that is said */ }
    form.append(said);
  });
  const map = document.querySelector(".map");
  const middle = (dot) => { const { x, y, width, height } = dot.getBoundingClientRect(); return [x + width / 2, y + height / 2]; };
  map?.addEventListener("keydown", (event) => {  // from a dot to the nearest one in the direction of the arrow
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key], from = event.target.closest("a");
    if (!way || !from) return;
    event.preventDefault();
    const [x, y] = middle(from.querySelector("circle"));
    let next = null, least = Infinity;
    for (const dot of map.querySelectorAll("a")) {
      const [right, down] = middle(dot.querySelector("circle")).map((one, axis) => one - [x, y][axis]);
      const ahead = right * way[0] + down * way[1], aside = Math.abs(right * way[1]) + Math.abs(down * way[0]);
      if (ahead > 0.5 && ahead + 2 * aside < least) { least = ahead + 2 * aside; next = dot; }
    }
    next?.focus(); next?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  const hit = map?.querySelector(".hit");
  if (hit) map.scrollLeft = middle(hit)[0] - map.getBoundingClientRect().left - map.clientWidth / 2;
  const player = document.querySelector("audio");
  document.addEventListener("click", (event) => {
    const at = event.target.closest(".at");
    if (!at || !player) return;
    player.currentTime = Number(at.dataset.at);
    player.play();
    document.querySelectorAll(".script .playing").forEach((one) => one.classList.remove("playing"));
    at.closest("li").classList.add("playing");
  });
  player?.addEventListener("timeupdate", () => {
    const lines = [...document.querySelectorAll(".at")].filter((one) => Number(one.dataset.at) <= player.currentTime);
    document.querySelectorAll(".script .playing").forEach((one) => one.classList.remove("playing"));
    if (!player.paused) lines.at(-1)?.closest("li").classList.add("playing");
  });
  for (const image of document.querySelectorAll("img[data-src]")) {
    const reply = await fetch(image.dataset.src);
    if (!reply.ok) { image.closest("figure").hidden = true; continue; }
    const [top, bottom] = (reply.headers.get("Kotonoha-Box") || "").split(" ").map(Number);
    image.src = URL.createObjectURL(await reply.blob());
    await image.decode().catch(() => {});
    if (!bottom) continue;
    const middle = image.getBoundingClientRect().top + scrollY + image.clientHeight * (top + bottom) / 2;
    scrollTo({ top: middle - innerHeight / 2, behavior: calm ? "auto" : "smooth" });
    image.dataset.box = `${top} ${bottom}`;
  }
})();
