// What is wrong with the page for people who see little, hear it read out, or use no mouse: one sentence each.
// The rules are those of WCAG 2.2; their numbers stand beside them.
(() => {
  const faults = [];
  const shown = e => e.checkVisibility({checkOpacity: true, checkVisibilityCSS: true});
  const where = e => (e.closest("[id]")?.id ? "#" + e.closest("[id]").id + " " : "") + e.tagName.toLowerCase() + (e.className?.baseVal === undefined && e.className ? "." + e.className.split(" ").join(".") : "");

  // 1.4.3: text against what lies behind it.
  const parse = c => { const n = c.match(/[\d.]+/g).map(Number); return n.length < 4 ? [...n.slice(0, 3), 1] : n; };
  const over = (top, under) => top.slice(0, 3).map((v, i) => v * top[3] + under[i] * (1 - top[3])).concat(1);
  const light = c => c.slice(0, 3).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
  function behind(e) { // every colour that the background may have
    const layers = [];
    for (let p = e; p; p = p.parentElement) {
      const s = getComputedStyle(p), stops = s.backgroundImage.match(/rgba?\([^)]*\)/g);
      if (stops) { layers.push(stops.map(parse)); if (stops.every(c => parse(c)[3] === 1)) break; }
      const c = parse(s.backgroundColor);
      if (c[3] > 0) layers.push([c]);
      if (c[3] === 1) break;
    }
    const root = parse(getComputedStyle(document.body).backgroundColor);
    return layers.reverse().reduce((under, layer) => layer.flatMap(c => under.map(u => over(c, u))), [root]);
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = texts.nextNode(); n; n = texts.nextNode()) {
    const e = n.parentElement;
    if (!n.data.trim() || !shown(e) || e.closest(".vh,script,noscript,:disabled,[hidden]")) continue;
    const s = getComputedStyle(e), size = parseFloat(s.fontSize);
    const least = size >= 24 || size >= 18.66 && s.fontWeight >= 700 ? 3 : 4.5;
    const worst = Math.min(...behind(e).map(b => ratio(over(parse(s.color), b), b)));
    if (worst < least) faults.push(`1.4.3 ${where(e)} “${n.data.trim().slice(0, 30)}” has contrast ${worst.toFixed(2)}, needs ${least}`);
  }

  // 1.3.1, 2.4.6: headings make an outline: one of the first level, none is skipped, none is empty.
  let level = 0;
  const heads = [...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].filter(shown);
  for (const h of heads) {
    const now = +h.tagName[1];
    if (now > level + 1) faults.push(`1.3.1 ${where(h)} “${h.textContent}” comes after level ${level}`);
    if (!h.textContent.trim()) faults.push(`2.4.6 ${where(h)} is empty`);
    level = now;
  }
  const firsts = heads.filter(h => h.tagName === "H1").length;
  if (firsts !== 1) faults.push(`1.3.1 ${firsts} headings of the first level`);

  // 1.3.1, 2.4.1, 3.1.1, 2.4.2: the frame of the document.
  if (document.querySelectorAll("main").length !== 1) faults.push("1.3.1 not one main part");
  if (!document.documentElement.lang) faults.push("3.1.1 no language");
  if (!document.title.trim()) faults.push("2.4.2 no title");
  if (/user-scalable|maximum-scale/.test(document.querySelector("meta[name=viewport]")?.content)) faults.push("1.4.4 cannot be zoomed");

  // 4.1.2: names that point to something, once.
  const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
  for (const id of ids.filter((id, i) => ids.indexOf(id) !== i)) faults.push(`4.1.2 the id ${id} stands twice`);
  for (const e of document.querySelectorAll("[aria-labelledby],[aria-describedby]"))
    for (const id of (e.getAttribute("aria-labelledby") || e.getAttribute("aria-describedby")).split(/\s+/))
      if (!document.getElementById(id)) faults.push(`4.1.2 ${where(e)} is named by ${id}, which is not there`);

  // 2.5.8: targets for fingers, links inside a sentence excepted.
  for (const e of document.querySelectorAll("a,button,summary,label,select,textarea")) {
    const r = e.getBoundingClientRect();
    if (shown(e) && !e.matches(".skip,p a,li a") && (r.width < 24 || r.height < 24)) faults.push(`2.5.8 ${where(e)} “${e.textContent.trim().slice(0, 30)}” is ${r.width.toFixed()} by ${r.height.toFixed()} px`);
  }

  // 1.4.10: no scrolling sideways.
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) faults.push(`1.4.10 ${wide} px too wide`);
  return faults;
})()
