// The page without this script is complete. With it, what changed is replaced in place: the page is
// fetched again and its parts marked data-live are compared, so that open lines stay open.
"use strict";
(() => {
  const lost = document.getElementById("lost"), live = document.getElementById("live"), back = document.getElementById("back");
  const silence = 15000; // ms: three beats of the box
  const last = new Map();
  for (const e of document.querySelectorAll("[data-live]")) last.set(e.id, e.outerHTML);
  let source, heard = Date.now(), tried = 0, fetching = false, again = false;
  let start = document.getElementById("main").dataset.start; // another one: the box was started again

  // show says whether the box is heard; what is only known is said: since when it is not, and whether this device has a network.
  function show(up) {
    live.hidden = !up;
    document.body.classList.toggle("gone", !up);
    if (up) { lost.hidden = true; return; }
    back.hidden = true;
    if (lost.hidden) {
      const time = new Date(heard).toLocaleTimeString(document.documentElement.lang, {hour: "2-digit", minute: "2-digit"});
      for (const b of lost.querySelectorAll("b")) b.textContent = (b.dataset.said ??= b.textContent).replace("{time}", time);
    }
    for (const p of lost.children) p.hidden = (p.className === "offline") === navigator.onLine;
    lost.hidden = false;
  }

  // name tells the places where a keyboard stops apart, so that the focus stays where it is.
  const name = e => [e.tagName, e.closest("form")?.action, e.name, e.value, e.href, e.closest("details")?.id].join(" ");

  function replace(old, fresh) {
    const key = (d, i) => d.id || (d.closest("[id]")?.id ?? "") + i, all = e => [...e.querySelectorAll("details")];
    const open = new Set(all(old).map((d, i) => d.open && key(d, i)));
    all(fresh).forEach((d, i) => { for (let e = open.has(key(d, i)) && d; e; e = e.parentElement?.closest("details")) e.open = true; });
    const focused = old.contains(document.activeElement) && name(document.activeElement);
    if (old.hasAttribute("aria-live")) old.replaceChildren(...fresh.childNodes), fresh = old; // a new element would not be read out
    else old.replaceWith(fresh);
    if (focused) [...fresh.querySelectorAll("a,button,summary,pre,input")].find(e => name(e) === focused)?.focus({preventScroll: true});
  }

  function apply(next) {
    document.title = next.title;
    const now = next.getElementById("main").dataset.start;
    if (now !== start) start = document.getElementById("main").dataset.start = now, back.hidden = false;
    document.getElementById("verdict").className = next.getElementById("verdict").className;
    const ids = d => [...d.querySelectorAll("[data-live]")].map(e => e.id).join(" ");
    if (ids(document) !== ids(next)) { // a part came or went
      const main = next.getElementById("main");
      replace(document.getElementById("main"), main);
      for (const e of document.querySelectorAll("[data-live]")) last.set(e.id, e.outerHTML);
      return;
    }
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
      if (answer.ok) heard = Date.now(), show(true), apply(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { show(false); }
    fetching = false;
    if (again) { again = false; look(); }
  }

  function connect() {
    if (source) source.close();
    tried = Date.now();
    source = new EventSource("/events");
    const alive = () => { heard = Date.now(); show(true); };
    source.addEventListener("change", () => { alive(); look(); });
    source.addEventListener("beat", alive);
    source.onerror = () => source.readyState === EventSource.CLOSED ? look() : show(false); // closed: it answered, with all streams taken
  }

  connect();
  setInterval(() => {
    const silent = Date.now() - heard > silence;
    if (silent) show(false);
    if (source.readyState === EventSource.CLOSED || silent && Date.now() - tried > silence) connect();
  }, 2000);
  addEventListener("offline", () => show(false));
  addEventListener("online", look);
})();
