// What the page of the chat does by itself: conversations at its side, the source beside the answer, pictures and voice,
// copying, editing, keys. Words come from the server, in the page's language; nothing here is made into HTML from text.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const talk = () => new URLSearchParams(location.search).get("c") || "";
  const here = () => location.pathname;
  document.documentElement.lang = here().includes("/ja/") ? "ja" : "en";

  // -- the server does not let this page ask any more ----------------------------------------------------------
  const show = (id, on) => { const one = $(id); if (one) one.hidden = !on; };
  const plain = window.fetch.bind(window);
  window.fetch = async (...what) => {
    try {
      const reply = await plain(...what);
      show("lost", false);
      if (reply.status === 401) { show("signed-out", true); if (sending) show("not-sent", true); }
      if (!reply.ok) sending = false;
      return reply;
    } catch (error) {
      sending = false;
      if (error.name !== "AbortError") { show("lost", true); wait(); }
      throw error;
    }
  };
  let trying = 0;
  function wait() {  // the server is gone: look for it until it is back, then show the conversation as it is
    if (trying) return;
    trying = setInterval(async () => {
      try { await plain("/leaf.svg", { cache: "no-store" }); } catch { return; }
      clearInterval(trying); trying = 0;
      show("lost", false);
      if (attached) follow(); else location.reload();
    }, 2000);
  }
  const look = () => fetch("/leaf.svg", { cache: "no-store" });
  setInterval(() => { if (document.body.classList.contains("is-answering")) look().catch(() => {}); }, 4000);
  async function tell(toast) {  // what Gradio would say; a lost server and an ended session have notices of their own
    if (!toast.matches(".error")) {  // another answer is on its way: it may be of another window
      say(toast.textContent);
      if (!document.body.classList.contains("is-answering")) follow();
      return;
    }
    try { await look(); } catch { return; }
    if ($("signed-out").hidden) say($("said").dataset.trouble);
  }
  const person = () => document.querySelector("#drawer .person")?.textContent || "";
  const written = () => `written ${person()} ${talk()}`;  // where the words in the field are kept while a page is loaded anew
  let found = false, left = false;
  addEventListener("pagehide", () => { if (found && !left) sessionStorage.setItem(written(), field()?.value || ""); });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[action='/sign-out']")) { left = true; sessionStorage.clear(); }
  });
  function find() {
    found = true;
    const words = sessionStorage.getItem(written());
    if (words && !field().value) write(words);
    sessionStorage.removeItem(written());
  }
  const send = (method, path, body) => fetch(`${path}?lang=${document.documentElement.lang}`, {
    method, headers: body && !(body instanceof FormData) ? { "Content-Type": "application/json" } : {},
    body: body instanceof FormData ? body : body && JSON.stringify(body),
  });
  const follow = () => $("follow")?.click();
  let followed = "";
  const idle = (id) => {  // the conversation as it is shown, where nothing is on its way and nothing is being edited
    const past = document.querySelector("#past [data-talk]"), busy = document.hidden || sending || trying;
    return id && id === talk() && past?.dataset.talk === id && !busy && !document.querySelector(".is-answering, .editing") ? past : null;
  };
  async function agree() {  // two windows of one conversation: what was asked or answered in the other is shown here, too
    const id = talk();
    if (!idle(id)) return;
    let reply;
    try { reply = await plain(`/api/talks/${id}/state`); } catch { return; }
    if (reply.status === 401) show("signed-out", true);
    const said = reply.ok ? (await reply.json()).state : reply.status === 404 ? "gone" : null, past = idle(id);
    if (said === null || !past || said === past.dataset.state || `${id} ${said}` === followed) return;
    followed = `${id} ${said}`; follow();
  }
  setInterval(agree, 1500);
  const go = (id) => { if (id && id !== talk()) history.replaceState(null, "", `${here()}?c=${encodeURIComponent(id)}`); };

  // -- conversations ---------------------------------------------------------------------------------------------
  let wanted = "", waiting = false;
  async function talks() {
    const list = $("talks");
    if (!list) return;
    let found;
    try { found = await (await fetch(`/api/talks?search=${encodeURIComponent(wanted)}`)).json(); } catch { return; }
    if (!Array.isArray(found)) return;
    waiting = Boolean(document.querySelector("#talks details[open]"));  // the list is not taken away from under an open menu
    if (waiting) return;
    const held = list.contains(document.activeElement) && document.activeElement;  // who moves by the keyboard stays where they are
    const place = held && `[data-id="${held.closest("li").dataset.id}"] ${held.tagName}`;
    list.replaceChildren(...found.map((one) => {
      const item = document.createElement("li"), link = document.createElement("a"), more = document.createElement("details");
      item.dataset.id = one.id;
      link.href = `${here()}?c=${encodeURIComponent(one.id)}`;
      link.textContent = one.title;
      if (one.id === talk()) link.setAttribute("aria-current", "page");
      const sign = document.createElement("summary");
      sign.textContent = "⋯"; sign.setAttribute("aria-label", `${list.dataset.more}: ${one.title}`);
      const acts = document.createElement("div");
      const act = (word, what) => {
        const button = document.createElement("button");
        button.type = "button"; button.textContent = word; acts.append(button);
        button.onclick = () => { menus(); sign.focus(); what(); };
      };
      act(list.dataset.rename, async () => {
        const title = prompt(list.dataset.name, one.title);
        if (title !== null) { await refused(await send("PATCH", `/api/talks/${one.id}`, { title })); talks(); }
      });
      for (const kind of ["md", "pdf"]) act(`${list.dataset.export} ${kind.toUpperCase()}`, () => { location.href = `/api/talks/${one.id}/export.${kind}`; });
      act(list.dataset.delete, async () => {
        if (!confirm(list.dataset.sure)) return;
        await refused(await send("DELETE", `/api/talks/${one.id}`));
        if (one.id === talk()) location.href = here(); else talks();
      });
      more.append(sign, acts);
      item.append(link, more);
      return item;
    }));
    if (!found.length) { const none = document.createElement("li"); none.className = "none"; none.textContent = wanted.trim() ? list.dataset.nothing : list.dataset.none; list.append(none); }
    if (place) list.querySelector(place)?.focus();
  }
  function placed(menu) {  // a menu stands below its sign, or above it where there is no room, and always in sight
    const sign = menu.querySelector("summary").getBoundingClientRect(), acts = menu.querySelector("div"), drawn = acts.getBoundingClientRect();
    const below = sign.bottom + drawn.height <= innerHeight ? sign.bottom : sign.top - drawn.height;
    const around = getComputedStyle($("drawer")).transform === "none" ? { left: 0, top: 0 } : $("drawer").getBoundingClientRect();
    acts.style.left = `${Math.max(8, sign.right - drawn.width) - around.left}px`;
    acts.style.top = `${Math.max(0, Math.min(below, innerHeight - drawn.height)) - around.top}px`;
  }
  const menus = (but) => document.querySelectorAll("#talks details[open]").forEach((one) => { if (one !== but) one.open = false; });
  addEventListener("resize", () => menus());
  document.addEventListener("scroll", (event) => { if (event.target.matches?.("#talks, #drawer")) menus(); }, true);
  document.addEventListener("toggle", (event) => {  // a menu is seen once it has its place, and never at the place it had before
    if (!event.target.matches?.("#talks details")) return;
    if (event.target.open) { menus(event.target); placed(event.target); } else event.target.querySelector("div").removeAttribute("style");
    if (waiting) talks();
  }, true);
  addEventListener("popstate", () => location.reload());

  // -- the source beside the answer ------------------------------------------------------------------------------
  let opener = null, trail = [];
  function framed(address) {  // a new frame each time: what is opened and clicked in it is no step of the browser's Back
    const old = $("source-frame"), frame = old.cloneNode(false);
    if (address) frame.src = address; else frame.removeAttribute("src");
    frame.onload = () => { const name = frame.contentDocument?.title.replace(/ · Kotonoha$/, ""); if (address && name) $("source-name").textContent = name; };
    old.replaceWith(frame);
    $("source-back").hidden = trail.length < 2;
    $("source-alone").href = address.replace(/[?&]beside=1/, "");
  }
  window.kotonohaOpen = (address) => { trail.push(address); framed(address); };  // what is clicked within the source
  function open(link) {
    const source = $("source");
    if (!source) return false;
    opener = link;
    document.querySelectorAll("[data-open].is-open").forEach((one) => one.classList.remove("is-open"));
    link.classList.add("is-open");
    trail = [];
    window.kotonohaOpen(link.href + (link.href.includes("?") ? "&" : "?") + "beside=1");
    $("source-name").textContent = link.querySelector(".file, .tip b")?.textContent || link.title || "";
    source.hidden = false;
    document.body.classList.add("with-source");
    $("source-close").focus({ preventScroll: true });
    return true;
  }
  function close() {
    const source = $("source");
    if (!source || source.hidden) return;
    source.hidden = true; framed("");
    document.body.classList.remove("with-source");
    opener?.classList.remove("is-open"); opener?.focus();
  }

  const told = (event) => {  // the words of a mark stay within the conversation
    const mark = event.target.closest?.(".mark"), room = $("talk")?.getBoundingClientRect(), tip = mark?.querySelector(".tip");
    if (!tip || !room) return;
    const { left, top } = mark.getBoundingClientRect(), wide = tip.offsetWidth;
    tip.style.setProperty("--shift", `${Math.max(room.left + 8, Math.min(left - wide * .4, room.right - wide - 20)) - left}px`);
    tip.classList.toggle("under", top - tip.offsetHeight - 8 < room.top);
  };
  document.addEventListener("pointerover", told); document.addEventListener("focusin", told);

  // -- asking ------------------------------------------------------------------------------------------------------
  let sending = false;  // a question of this page that the server has not taken yet: a second click does not ask it twice
  const field = () => document.querySelector("#question textarea");
  function write(text) {
    const box = field();
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, text);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  }
  let attached = null;
  function attach(file) {
    attached = file;
    const chip = $("attached");
    chip.replaceChildren(); chip.hidden = !file;
    if (!file) { $("attach").value = ""; return; }
    const name = document.createElement("span"), away = document.createElement("button");
    name.textContent = file.name;
    away.type = "button"; away.textContent = "×"; away.setAttribute("aria-label", chip.dataset.remove); away.onclick = () => attach(null);
    if (file.type.startsWith("image/")) { const image = new Image(); image.alt = ""; image.src = URL.createObjectURL(file); chip.append(image); }
    chip.append(name, away);
    field()?.focus();
  }
  async function askWith() {  // a picture or a recording goes through a route of our own, the answer comes as ever
    const form = new FormData(), file = attached, words = field().value;
    form.set("question", words); form.set("talk", talk());
    form.set(file.type.startsWith("image/") ? "image" : "audio", file, file.name);
    const reply = await send("POST", "/api/talks/ask", form);
    if (await refused(reply)) { if (reply.status === 404) follow(); return; }
    if (attached === file) attach(null);
    if (field().value === words) write("");
    go((await reply.json()).talk); follow();
  }
  const refused = async (reply) => {  // whether the server would not, told in its words
    if (!reply.ok) say((await reply.json().catch(() => ({}))).error || reply.statusText);
    return !reply.ok;
  };
  const say = (text) => { const one = $("said"); one.textContent = text; one.hidden = !text; if (text) setTimeout(() => { one.hidden = true; }, 8000); };

  let recorder = null;
  async function record(button) {
    if (recorder) { recorder.stop(); return; }
    let sound;
    try { sound = await navigator.mediaDevices.getUserMedia({ audio: true }); } catch { say(button.dataset.refused); return; }
    const parts = [];
    recorder = new MediaRecorder(sound);
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = () => {
      sound.getTracks().forEach((track) => track.stop());
      const type = recorder.mimeType.split(";")[0];
      recorder = null; button.setAttribute("aria-pressed", "false");
      attach(new File(parts, `voice.${type.split("/")[1] || "webm"}`, { type: type.replace("video/", "audio/") }));
    };
    recorder.start(); button.setAttribute("aria-pressed", "true");
  }

  async function act(button) {
    const turn = button.closest("[data-turn]"), number = turn.dataset.turn, what = button.dataset.act;
    const done = () => { const before = button.title; button.title = button.dataset.done; button.classList.add("is-done"); say(button.dataset.done); setTimeout(() => { button.title = before; }, 3000); };
    if (what === "copy") {
      const words = turn.querySelector(".words").cloneNode(true);
      words.querySelectorAll(".mark").forEach((mark) => { mark.replaceWith(` [${mark.firstChild.textContent.trim()}]`); });
      const sources = [...turn.querySelectorAll(".card")].map((card) => `[${card.querySelector("b").textContent}] ${card.querySelector(".file").textContent} ${card.querySelector(".place")?.textContent || ""}`.trim());
      await navigator.clipboard.writeText([words.textContent.trim(), ...sources].join("\n")); done();
    } else if (what === "again") {
      again(turn, {});
    } else if (what === "edit") {
      edit(turn);
    } else if (what === "good") {
      if ((await send("POST", "/api/feedback", { talk: talk(), turn: Number(number), verdict: "good" })).ok) done();
    }
  }
  async function again(turn, wished) {  // what came after it is deleted, so whoever asks says yes to that many
    const past = turn.closest(".past"), turns = [...past.querySelectorAll(".turn")], later = turns.length - turns.indexOf(turn) - 1;
    if (later && !confirm(past.dataset.sure.replace("{count}", later))) return;
    if (sending) return;
    sending = true;
    const sent = send("POST", `/api/talks/${talk()}/turns/${turn.dataset.turn}/again`, { ...wished, later });
    const no = await sent.then(refused).finally(() => { sending = false; });
    if (!no || !wished.question) follow();
  }
  function edit(turn) {
    const said = turn.querySelector("p.asked"), box = document.createElement("textarea"), acts = document.createElement("div");
    if (!said) { turn.querySelector(".editing")?.focus(); return; }
    const pencil = turn.querySelector("[data-act=edit]"), words = turn.closest(".past").dataset;
    const back = () => { box.replaceWith(said); acts.remove(); pencil.focus(); };
    const done = () => { const question = box.value.trim(); if (question) again(turn, { question }); else back(); };
    const button = (word, what) => { const one = document.createElement("button"); one.type = "button"; one.textContent = word; one.onclick = what; acts.append(one); };
    box.className = "asked editing"; box.value = said.textContent; box.rows = 2;
    box.setAttribute("aria-label", pencil.title);
    acts.className = "edits"; button(words.send, done); button(words.cancel, back);
    said.replaceWith(box); box.after(acts); box.focus();
    box.addEventListener("keydown", (event) => {
      const sent = event.key === "Enter" && !event.shiftKey && !event.isComposing;
      if (sent) { event.preventDefault(); done(); }
      if (event.key === "Escape") { event.stopPropagation(); back(); }
    });
  }

  // -- what is clicked and typed -----------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const at = (what) => event.target.closest?.(what);
    const link = at("[data-open]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0 && open(link)) { event.preventDefault(); return; }
    if (at("[data-act]")) { act(at("[data-act]")); return; }
    if (at(".offer") && !sending) { write(at(".offer").textContent); setTimeout(() => $("ask").click(), 60); return; }
    menus(at("#talks details"));
    if (at("#source-close")) close();
    if (at("#source-back")) { trail.pop(); framed(trail.at(-1)); $("source-close").focus({ preventScroll: true }); }
    if (at("#dark")) $("dark").setAttribute("aria-pressed", String(window.kotonohaTheme(true)));
    if (at("#menu")) { const on = document.body.classList.toggle("with-menu"); $("menu").setAttribute("aria-expanded", String(on)); }
    else if (!at("#drawer")) document.body.classList.remove("with-menu");
    if (at("#signed-out a")) at("#signed-out a").search = new URLSearchParams({ next: here() + location.search });
    if (at("#record")) record(at("#record"));
    if (at(".keep-talk") && talk()) { event.preventDefault(); location.href = `${at(".keep-talk").getAttribute("href")}?c=${encodeURIComponent(talk())}`; }
  });
  document.addEventListener("change", (event) => {
    if (event.target.id === "attach" && event.target.files[0]) brought([...event.target.files]);
  });
  let typing = 0;
  document.addEventListener("input", (event) => {
    if (event.target.id === "find-talk") { clearTimeout(typing); typing = setTimeout(() => { wanted = event.target.value; talks(); }, 250); }
  });
  const asking = (event) => {
    if (sending || attached) { event.preventDefault(); event.stopImmediatePropagation(); }
    if (sending) return;
    show("elsewhere", false);
    sending = Boolean(attached || field().value.trim());
    if (attached) askWith().finally(() => { sending = false; });
    else setTimeout(() => { sending = false; }, 5000);  // a server that says nothing keeps nobody from asking again
  };
  window.addEventListener("click", (event) => { if (event.target.closest?.("#ask")) asking(event); }, true);
  window.addEventListener("keydown", (event) => {
    const writing = /TEXTAREA|INPUT|SELECT/.test(event.target.tagName);
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.matches("#question textarea")) asking(event);
    const menu = event.key === "Escape" && document.querySelector("#talks details[open]");
    if (menu) { menus(); menu.querySelector("summary").focus(); return; }
    if (event.key === "Escape") { close(); document.body.classList.remove("with-menu"); }
    if (event.key === "/" && !writing) { event.preventDefault(); field()?.focus(); }
    if (event.key === "k" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); document.body.classList.add("with-menu"); $("find-talk")?.focus(); }
  }, true);
  const NAMED = 3;  // of the files that stay outside, by their names; the others are counted
  function brought(files) {  // one that is seen or heard goes with the question; what stays outside is told, and where it goes
    const taken = files.find((file) => /^(image|audio)\//.test(file.type)), said = $("elsewhere");
    const outside = [...(taken && attached ? [attached] : []), ...files.filter((file) => file !== taken)];
    if (taken) attach(taken); else if (!attached) $("attach").value = "";
    said.hidden = !outside.length;
    const neither = !taken && outside.length === 1, feeds = $("drawer").hasAttribute("data-feeds"), more = outside.length - NAMED;
    said.querySelector("b").textContent = outside.slice(0, NAMED).map((file) => file.name).join(", ") + (more > 0 ? ` (+${more})` : "") + (neither ? "" : ":");
    const parts = { neither, more: !neither, feeds, reads: !feeds };
    for (const [part, on] of Object.entries(parts)) said.querySelector(`[data-${part}]`).hidden = !on;
  }
  const files = (event) => [...event.dataTransfer.types].includes("Files");  // words that are dragged go where they are dropped
  document.addEventListener("dragover", (event) => { if (files(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files[0]) brought([...event.dataTransfer.files]);
  });

  // -- what the chat brings ------------------------------------------------------------------------------------------
  let listed = "none";
  new MutationObserver((changes) => {
    const came = (what) => changes.flatMap((one) => [...one.addedNodes].map((node) => (node.matches?.(what) ? node : node.querySelector?.(what)))).find(Boolean);
    if (came(".live, .past, .welcome, .toast-message-item")) sending = false;
    if (came(".toast-message-item")) tell(came(".toast-message-item"));
    const past = document.querySelector("#past [data-talk]"), live = document.querySelector("#live .live");
    document.body.classList.toggle("is-answering", Boolean(live?.querySelector(".dots")));
    if (document.querySelector("#past [data-missing]") && talk()) history.replaceState(null, "", here());
    if (past?.dataset.talk) go(past.dataset.talk);
    const state = `${talk()} ${past?.querySelectorAll(".turn").length} ${Boolean(live)} ${Boolean($("talks"))}`;
    if (state !== listed && $("talks")) { listed = state; talks(); }
    if (!found && $("drawer") && field()) find();
    const dark = $("dark");
    if (dark) { const on = String(document.documentElement.dataset.theme === "dark"); if (dark.getAttribute("aria-pressed") !== on) dark.setAttribute("aria-pressed", on); }
  }).observe(document, { subtree: true, childList: true });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !document.querySelector(".is-answering, .editing")) follow(); });
})();
