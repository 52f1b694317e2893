// Before textual.js: the WebSocket's address as this browser sees the server, and a clipboard where there is none.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const terminal = document.getElementById("terminal");
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  terminal.dataset.sessionWebsocketUrl = `${scheme}//${location.host}/ws`;
  document.getElementById("again").addEventListener("click", ({ target }) => {
    // Without a server the browser's own page would take the place of this one.
    fetch("/", { method: "HEAD" }).then(
      () => location.reload(),
      () => { document.querySelector(".closed p").textContent = target.dataset.unreachable; },
    );
  });

  // textual.js measures a character as soon as it starts: the fonts must be there, or the last rows lie below the page.
  const start = window.onload;
  window.onload = async (event) => {
    const styles = ["", "bold ", "italic "];
    await Promise.allSettled(styles.map((style) => document.fonts.load(`${style}16px "Roboto Mono"`)));
    start(event);
    // Keys go to the lab without a click first.
    setTimeout(() => document.querySelector(".xterm-helper-textarea")?.focus(), 0);
  };
});

// What the server says beside what the terminal shows: the theme's background, and why it has closed the connection.
window.WebSocket = class extends window.WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => {
      if (typeof data !== "string") return;
      const [kind, value] = JSON.parse(data);
      if (kind !== "background") return;
      const [red, green, blue] = [1, 3, 5].map((at) => parseInt(value.slice(at, at + 2), 16));
      document.documentElement.style.setProperty("--background", value);
      document.documentElement.dataset.scheme = red + green + blue > 384 ? "light" : "dark";
    });
    this.addEventListener("close", ({ reason }) => {
      if (reason) document.querySelector(".closed p").textContent = reason;
    });
  }
};

// Browsers give pages a clipboard over https and on localhost only; elsewhere the old way still copies.
if (!navigator.clipboard) {
  Object.defineProperty(navigator, "clipboard", {
    value: {
      readText: () => Promise.resolve(""),
      writeText: (text) => {
        const area = document.createElement("textarea");
        area.value = text;
        area.style.position = "fixed";
        area.style.opacity = "0";
        const focused = document.activeElement;
        document.body.append(area);
        area.select();
        const copied = document.execCommand("copy");
        area.remove();
        focused?.focus();
        return copied ? Promise.resolve() : Promise.reject(new Error("not copied"));
      },
    },
  });
}

// A file comes as a download, not in a new tab, which a browser may block.
const openWindow = window.open.bind(window);
window.open = (url, target) => {
  if (!String(url).startsWith(`${location.origin}/download/`)) {
    return openWindow(url, target, "noopener");
  }
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
  return null;
};
