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
  async function bring(pairs) {
    if (!pairs.length) return;
    const body = new FormData();
    body.set("scope", document.getElementById("into").value);
    for (const [file, name] of pairs) { body.append("files", file, file.name); body.append("names", name); }
    list.prepend(...pairs.map(([, name]) => line(name, form.dataset.sending, [])));
    let reply;
    try { reply = await fetch(`/api/upload?lang=${document.documentElement.lang}`, { method: "POST", body }); } catch { list.prepend(line("", form.dataset.lost, [])); return; }
    const said = await reply.json();
    if (!reply.ok) { list.replaceChildren(line("", said.error || reply.statusText, [])); return; }
    const watch = setInterval(async () => {
      let jobs;
      try { jobs = await (await fetch(`/api/jobs/${said.ticket}?lang=${document.documentElement.lang}`)).json(); } catch { return; }
      if (!Array.isArray(jobs)) { clearInterval(watch); list.replaceChildren(line("", jobs.error || form.dataset.lost, [])); return; }
      list.replaceChildren(...jobs.map((job) => {
        const made = Object.values(job.report.entities || {}).reduce((sum, one) => sum + one, 0);
        const state = { waiting: form.dataset.waiting, reading: form.dataset.reading }[job.state] || `${job.report.became}${made ? ` (${made})` : ""}`;
        const item = line(job.name, state, [job.report.error, ...(job.report.notes || [])].filter(Boolean));
        item.className = job.state;
        return item;
      }));
      if (jobs.every((job) => !["waiting", "reading"].includes(job.state))) { clearInterval(watch); list.dataset.done = "yes"; }
    }, 700);
  }
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
