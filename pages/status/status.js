"use strict";
// States are words, never colours alone, and are put in as text: what a node says cannot become part of the page.
const summary = document.getElementById("summary");
const rows = document.getElementById("checks");

function say(text) {
  if (summary.textContent !== text) summary.textContent = text; // else a screen reader would repeat it
}

async function ask() {
  try {
    const health = await fetch("/health", { cache: "no-store" });
    const ready = await fetch("/ready", { cache: "no-store" });
    const body = await ready.json();
    const checks = Object.entries(body.checks).map(([name, state]) => {
      const row = document.createElement("tr");
      for (const text of [name, state]) {
        const cell = document.createElement("td");
        cell.textContent = text;
        row.append(cell);
      }
      return row;
    });
    rows.replaceChildren(...checks);
    say(`${health.ok ? "Alive" : "Not well"}, ${ready.ok ? "ready" : "not ready"}.`);
  } catch {
    say("No answer.");
  }
  setTimeout(ask, 5000);
}

ask();
