// The page without this script is complete. With it, what changed is replaced in place: the page is
// fetched again and its parts marked data-live are compared, so that open lines stay open.
"use strict";
(() => {
  const lost = document.getElementById("lost"), live = document.getElementById("live");
  const silence = 15000; // ms: three beats of the box
  const last = new Map();
  for (const e of document.querySelectorAll("[data-live]")) last.set(e.id, e.outerHTML);
  let source, heard = 0, fetching = false, again = false;

  const show = up => { live.hidden = !up; lost.hidden = up; };

  // name tells the places where a keyboard stops apart, so that the focus stays where it is.
  const name = e => [e.tagName, e.closest("form")?.action, e.name, e.value, e.href, e.closest("details")?.id].join(" ");

  function replace(old, fresh) {
    const open = new Set([...old.querySelectorAll("details[open]")].map((d, i) => d.id || i));
    fresh.querySelectorAll("details").forEach((d, i) => { if (open.has(d.id || i)) d.open = true; });
    const focused = old.contains(document.activeElement) && name(document.activeElement);
    if (old.hasAttribute("aria-live")) old.replaceChildren(...fresh.childNodes), fresh = old; // a new element would not be read out
    else old.replaceWith(fresh);
    if (focused) [...fresh.querySelectorAll("a,button,summary,pre,input")].find(e => name(e) === focused)?.focus({preventScroll: true});
  }

  function apply(next) {
    document.title = next.title;
    document.getElementById("verdict").className = next.getElementById("verdict").className;
    const ids = d => [...d.querySelectorAll("[data-live]")].map(e => e.id).join(" ");
    if (ids(document) !== ids(next)) { // a part came or went
      const main = next.getElementById("main");
      replace(document.getElementById("main"), main);
      for (const e of document.querySelectorAll("[data-live]")) last.set(e.id, e.outerHTML);
      return;
    }
    for (const d of next.querySelectorAll(".group h3")) document.getElementById(d.id).replaceWith(d);
    for (const fresh of next.querySelectorAll("[data-live]")) {
      const html = fresh.outerHTML, old = document.getElementById(fresh.id);
      if (last.get(fresh.id) === html) continue;
      if (old.querySelector("input") && old.contains(document.activeElement)) continue; // someone is filling it in
      last.set(fresh.id, html);
      replace(old, fresh);
    }
  }

  async function look() {
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      const answer = await fetch(location.href, {cache: "no-store"});
      if (answer.ok) lost.hidden = true, apply(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { show(false); }
    fetching = false;
    if (again) { again = false; look(); }
  }

  function connect() {
    if (source) source.close();
    heard = Date.now();
    source = new EventSource("/events");
    const alive = () => { heard = Date.now(); show(true); };
    source.addEventListener("change", () => { alive(); look(); });
    source.addEventListener("beat", alive);
    source.onerror = () => source.readyState === EventSource.CLOSED ? look() : show(false); // closed: it answered, with all streams taken
  }

  connect();
  setInterval(() => {
    if (Date.now() - heard > silence) show(false);
    if (source.readyState === EventSource.CLOSED || Date.now() - heard > silence) connect();
  }, 2000);
})();
