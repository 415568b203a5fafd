// Files and folders brought: dropped or chosen, sent with their paths, watched until they are read.
"use strict";
(() => {
  const form = document.getElementById("upload"), list = document.getElementById("jobs");
  if (!form) return;
  const line = (name, state, notes) => {
    const item = document.createElement("li"), title = document.createElement("b"), said = document.createElement("span");
    title.textContent = name; said.textContent = state; item.append(title, " ", said);
    for (const note of notes) { const more = document.createElement("p"); more.textContent = note; item.append(more); }
    return item;
  };
  const group = (...items) => { const one = document.createElement("ul"); one.append(...items); list.prepend(one); return one; };
  const asked = (path) => fetch(`${path}?lang=${document.documentElement.lang}`);
  const button = (word, what) => { const one = document.createElement("button"); one.type = "button"; one.className = "quiet"; one.textContent = word; one.onclick = what; return one; };
  function tellTrouble(into, said, ...ways) {
    const item = line("", said, []);
    item.className = "failed"; item.setAttribute("role", "alert"); item.append(" ", ...ways);
    into.querySelector("[role=alert]")?.remove(); into.prepend(item);
  }
  function signIn() {  // in this tab: what was chosen is chosen again after it
    const link = document.createElement("a");
    link.textContent = form.dataset.sign; link.href = `/sign-in?${new URLSearchParams({ next: location.pathname + location.search })}`;
    return link;
  }
  function whenBack(then) {
    const look = setInterval(async () => {
      let reply;
      try { reply = await asked("/api/jobs"); } catch { return; }
      clearInterval(look); then(reply);
    }, 1500);
  }
  const moving = (jobs) => jobs.some((job) => ["waiting", "reading"].includes(job.state));
  function tell(into, jobs) {
    into.replaceChildren(...jobs.map((job) => {
      const made = Object.values(job.report.entities || {}).reduce((sum, one) => sum + one, 0);
      const state = { waiting: form.dataset.waiting, reading: form.dataset.reading }[job.state] || `${job.report.became}${made ? ` (${made})` : ""}`;
      const item = line(job.name, state, [job.report.error, ...(job.report.notes || [])].filter(Boolean));
      item.className = job.state;
      return item;
    }));
  }
  let watching = 0;
  function watch(ticket, into) {
    watching += 1; delete list.dataset.done;
    const look = setInterval(async () => {
      let jobs, reply;
      try { reply = await asked(`/api/jobs/${ticket}`); jobs = await reply.json(); } catch { tellTrouble(into, form.dataset.gone); return; }
      const told = Array.isArray(jobs);
      if (told) tell(into, jobs); else if (reply.status === 401) tellTrouble(into, form.dataset.out, signIn()); else into.replaceChildren(line("", jobs.error || reply.statusText, []));
      if (told && moving(jobs)) return;
      clearInterval(look);
      watching -= 1;
      await anew();
      if (!watching) list.dataset.done = "yes";
    }, 700);
  }
  async function anew() {  // the table of sources as it is now
    try {
      const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
      const found = page.getElementById("sources");
      if (found) document.getElementById("sources").replaceWith(found);
    } catch { /* it is there when the page is loaded again */ }
  }
  async function bring(pairs, scope = document.getElementById("into").value, into = group()) {
    if (!pairs.length) return;
    const body = new FormData(), names = (state) => into.replaceChildren(...pairs.map(([, name]) => line(name, state, [])));
    body.set("scope", scope);
    for (const [file, name] of pairs) { body.append("files", file, file.name); body.append("names", name); }
    names(form.dataset.sending);
    const out = () => tellTrouble(into, `${form.dataset.out} ${form.dataset.kept}`, signIn());
    const again = () => button(form.dataset.again, () => bring(pairs, scope, into));
    let reply;
    try { reply = await fetch(`/api/upload?lang=${document.documentElement.lang}`, { method: "POST", body }); } catch {
      names(""); tellTrouble(into, `${form.dataset.gone} ${form.dataset.kept}`);
      whenBack((found) => { if (found.status === 401) out(); else tellTrouble(into, `${form.dataset.back} ${form.dataset.kept}`, again()); });
      return;
    }
    const said = await reply.json().catch(() => ({}));
    if (reply.ok) { watch(said.ticket, into); return; }
    names("");
    if (reply.status === 401) out(); else tellTrouble(into, said.error || reply.statusText);
  }
  asked("/api/jobs").then((reply) => (reply.ok ? reply.json() : [])).then((found) => found.reverse().forEach(({ ticket, files }) => {
    const into = group();
    tell(into, files);
    if (moving(files)) watch(ticket, into);
  })).catch(() => {});
  const named = (files) => [...files].map((file) => [file, file.webkitRelativePath || file.name]);
  for (const id of ["choose-files", "choose-folder"]) {
    const input = document.getElementById(id);
    input.addEventListener("change", () => { bring(named(input.files)); input.value = ""; });
  }
  async function inside(entry, into) {
    if (entry.isFile) { into.push([await new Promise((good, bad) => entry.file(good, bad)), entry.fullPath.slice(1)]); return; }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((good, bad) => reader.readEntries(good, bad));
      if (!some.length) return;
      for (const one of some) await inside(one, into);
    }
  }
  addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
  addEventListener("dragleave", () => form.classList.remove("over"));
  addEventListener("drop", async (event) => {
    event.preventDefault(); form.classList.remove("over");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean), pairs = [];
    for (const entry of entries) await inside(entry, pairs);
    bring(pairs);
  });
})();
