// The chat's page notices when the server does not let it ask any more, and says so where the question is written.
"use strict";
(() => {
  const show = (id, on) => { const one = document.getElementById(id); if (one) one.hidden = !on; };
  const ask = window.fetch.bind(window);
  window.fetch = async (...what) => {
    try {
      const reply = await ask(...what);
      show("lost", false);
      if (reply.status === 401) show("signed-out", true);
      return reply;
    } catch (error) {
      if (error.name !== "AbortError") show("lost", true);
      throw error;
    }
  };
})();
