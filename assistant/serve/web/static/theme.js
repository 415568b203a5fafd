// Light or dark as chosen, before anything is drawn; else as the machine has it.
"use strict";
(() => {
  const wish = matchMedia("(prefers-color-scheme: dark)");
  window.kotonohaTheme = (toggle) => {
    let dark = wish.matches;
    try {
      const kept = localStorage.getItem("kotonoha-theme");
      if (kept) dark = kept === "dark";
      if (toggle) { dark = !dark; localStorage.setItem("kotonoha-theme", dark ? "dark" : "light"); }
    } catch { if (toggle) dark = document.documentElement.dataset.theme !== "dark"; }
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    if (document.body) document.body.classList.toggle("dark", dark);
    return dark;
  };
  window.kotonohaTheme();
  addEventListener("DOMContentLoaded", () => window.kotonohaTheme());
  addEventListener("storage", () => window.kotonohaTheme());
  wish.addEventListener("change", () => window.kotonohaTheme());
})();
