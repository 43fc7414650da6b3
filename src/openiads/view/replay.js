"use strict";
// Plays one recorded run. All data is in the page; nothing is fetched.
const D = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const canvas = $("map"), ctx = canvas.getContext("2d");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const TYPES = { "uint32": Uint32Array, "int32": Int32Array, "uint16": Uint16Array, "uint8": Uint8Array };
const view = { x: 0, y: 0, scale: 1 };
let time = D.times[0], playing = false, last = 0, hits = [];

async function unpack([type, text]) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new TYPES[type](await new Response(stream).arrayBuffer());
}
async function table(packed) {
  const out = {};
  for (const key of Object.keys(packed)) out[key] = await unpack(packed[key]);
  return out;
}

// Web Mercator in degrees of longitude
const mercator = (lat) => (180 / Math.PI) * Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));
const inverse = (y) => (360 / Math.PI) * (Math.atan(Math.exp((y * Math.PI) / 180)) - Math.PI / 4);
const px = (lon) => (lon - view.x) * view.scale + canvas.clientWidth / 2;
const py = (lat) => canvas.clientHeight / 2 - (mercator(lat) - view.y) * view.scale;

function fit() {
  const lat = [], lon = [];
  for (const s of [...D.sensors, ...D.assets]) { lat.push(mercator(s.lat_deg)); lon.push(s.lon_deg); }
  if (D.meta.vignette !== "peace") for (let i = 0; i < D.T.lat.length; i += 7) {
    if (D.bodies[D.T.who[i]].side === "hostile") { lat.push(mercator(D.T.lat[i] / 1e4)); lon.push(D.T.lon[i] / 1e4); }
  }
  const x0 = Math.min(...lon), x1 = Math.max(...lon), y0 = Math.min(...lat), y1 = Math.max(...lat);
  view.x = (x0 + x1) / 2; view.y = (y0 + y1) / 2;
  view.scale = 0.9 * Math.min(canvas.clientWidth / Math.max(1, x1 - x0), canvas.clientHeight / Math.max(1, y1 - y0));
}
function zoom(factor, cx = canvas.clientWidth / 2, cy = canvas.clientHeight / 2) {
  const lon = view.x + (cx - canvas.clientWidth / 2) / view.scale, y = view.y - (cy - canvas.clientHeight / 2) / view.scale;
  view.scale = Math.min(20000, Math.max(8, view.scale * factor));
  view.x = lon - (cx - canvas.clientWidth / 2) / view.scale; view.y = y + (cy - canvas.clientHeight / 2) / view.scale;
  draw();
}

function lines(sets, stroke, width, dash) {
  ctx.strokeStyle = stroke; ctx.lineWidth = width; ctx.setLineDash(dash); ctx.beginPath();
  for (const line of sets) line.forEach(([lon, lat], i) => (i ? ctx.lineTo(px(lon), py(lat)) : ctx.moveTo(px(lon), py(lat))));
  ctx.stroke(); ctx.setLineDash([]);
}
function graticule() {
  const step = view.scale > 300 ? 0.5 : view.scale > 90 ? 1 : view.scale > 30 ? 2 : 5;
  const left = view.x - canvas.clientWidth / 2 / view.scale, right = view.x + canvas.clientWidth / 2 / view.scale;
  const south = inverse(view.y - canvas.clientHeight / 2 / view.scale), north = inverse(view.y + canvas.clientHeight / 2 / view.scale);
  ctx.strokeStyle = colour("line"); ctx.fillStyle = colour("dim"); ctx.lineWidth = 0.5; ctx.font = "10px system-ui";
  ctx.beginPath();
  for (let lon = Math.ceil(left / step) * step; lon < right; lon += step) { ctx.moveTo(px(lon), 0); ctx.lineTo(px(lon), canvas.clientHeight); ctx.fillText(lon + "° E", px(lon) + 2, canvas.clientHeight - 4); }
  for (let lat = Math.ceil(south / step) * step; lat < north; lat += step) { ctx.moveTo(0, py(lat)); ctx.lineTo(canvas.clientWidth, py(lat)); ctx.fillText(lat + "° N", 52, py(lat) - 2); }
  ctx.stroke();
}
function ring(lat, lon, km, stroke) {
  ctx.strokeStyle = stroke; ctx.lineWidth = 0.8; ctx.beginPath();
  for (let a = 0; a <= 360; a += 6) {
    const dlat = (km / 111.2) * Math.cos((a * Math.PI) / 180), dlon = ((km / 111.2) * Math.sin((a * Math.PI) / 180)) / Math.cos((lat * Math.PI) / 180);
    a ? ctx.lineTo(px(lon + dlon), py(lat + dlat)) : ctx.moveTo(px(lon + dlon), py(lat + dlat));
  }
  ctx.stroke();
}
const sampleAt = (t) => { let i = 0; while (i + 1 < D.times.length && D.times[i + 1] <= t + 1e-6) i++; return i; };

function truthAt(s) {
  const found = new Map();
  for (let i = D.T.first[s]; i < D.T.first[s + 1]; i++) found.set(D.T.who[i], i);
  return found;
}
function bodiesNow() {
  const s = sampleAt(time), a = truthAt(s), b = s + 1 < D.times.length ? truthAt(s + 1) : a;
  const span = s + 1 < D.times.length ? D.times[s + 1] - D.times[s] : 1, f = Math.min(1, Math.max(0, (time - D.times[s]) / span));
  const out = [];
  for (const [who, i] of a) {
    const j = b.get(who);
    if (j === undefined && f > 0.5) continue;
    const k = j === undefined ? i : j, mix = (c) => c[i] + f * (c[k] - c[i]);
    out.push({ who, lat: mix(D.T.lat) / 1e4, lon: mix(D.T.lon) / 1e4, alt: mix(D.T.alt) * 10, speed: D.T.speed[i], heading: D.T.flags[i] * 2 });
  }
  return out;
}
const tint = { friend: "friend", civil: "civil", hostile: "hostile", own: "round" };
const shown = (side) => side === "own" || $(side).checked;

function trails() {
  const s = sampleAt(time), from = Math.max(0, s - 8);
  for (let k = from; k < s; k++) {
    const b = truthAt(k + 1);
    ctx.lineWidth = 1; ctx.globalAlpha = 0.15 + (0.5 * (k - from)) / 8;
    for (const [who, i] of truthAt(k)) {
      const side = D.bodies[who].side, j = b.get(who);
      if (j === undefined || !shown(side) || side === "civil") continue;
      ctx.strokeStyle = colour(tint[side]); ctx.beginPath();
      ctx.moveTo(px(D.T.lon[i] / 1e4), py(D.T.lat[i] / 1e4)); ctx.lineTo(px(D.T.lon[j] / 1e4), py(D.T.lat[j] / 1e4)); ctx.stroke();
    }
  }
  ctx.globalAlpha = 1;
}
function arrow(x, y, heading, fill, size) {
  ctx.save(); ctx.translate(x, y); ctx.rotate((heading * Math.PI) / 180); ctx.fillStyle = fill;
  ctx.beginPath(); ctx.moveTo(0, -size); ctx.lineTo(size * 0.65, size * 0.8); ctx.lineTo(0, size * 0.4); ctx.lineTo(-size * 0.65, size * 0.8); ctx.closePath(); ctx.fill(); ctx.restore();
}
// Frames as in APP-6: friend round, hostile diamond, neutral square, unknown a four-leaf shape.
function frame(x, y, identity, own) {
  const r = 7;
  ctx.lineWidth = own ? 1.6 : 1; ctx.setLineDash(own ? [] : [3, 2]); ctx.beginPath();
  if (identity === "friend" || identity === "assumed friend") { ctx.strokeStyle = colour("friend"); ctx.arc(x, y, r, 0, 7); }
  else if (identity === "neutral") { ctx.strokeStyle = colour("civil"); ctx.rect(x - r * 0.85, y - r * 0.85, r * 1.7, r * 1.7); }
  else if (identity === "hostile" || identity === "suspect") { ctx.strokeStyle = colour("hostile"); ctx.moveTo(x, y - r * 1.25); ctx.lineTo(x + r * 1.25, y); ctx.lineTo(x, y + r * 1.25); ctx.lineTo(x - r * 1.25, y); ctx.closePath(); }
  else { ctx.strokeStyle = colour("unknown"); for (const [dx, dy] of [[0, -4], [4, 0], [0, 4], [-4, 0]]) { ctx.moveTo(x + dx + 4, y + dy); ctx.arc(x + dx, y + dy, 4, 0, 7); } }
  ctx.stroke(); ctx.setLineDash([]);
}
function tracks() {
  const s = sampleAt(time), n = $("node").selectedIndex, group = s * D.nodes.length + n;
  let count = 0;
  if (n < 0) return 0;
  for (let i = D.K.first[group]; i < D.K.first[group + 1]; i++) {
    const own = D.K.flags[i] >= 16;
    count++;
    if (!$(own ? "own" : "fed").checked) continue;
    const identity = D.identities[D.K.flags[i] & 15], x = px(D.K.lon[i] / 1e4), y = py(D.K.lat[i] / 1e4);
    frame(x, y, identity, own);
    hits.push({ x, y, r: 9, text: `track ${D.K.who[i]} of ${D.nodes[n].node}\n${identity}, ${own ? "own" : "received"}\n${D.K.alt[i] * 10} m, ${D.K.speed[i]} m/s` });
  }
  return count;
}
function links() {
  const place = Object.fromEntries(D.nodes.map((n) => [n.node, n])), s = sampleAt(time);
  for (const l of D.links) {
    const a = place[l.from], b = place[l.to], x0 = px(a.lon_deg), y0 = py(a.lat_deg), x1 = px(b.lon_deg), y1 = py(b.lat_deg);
    const carried = l.tracks[s] || 0, bend = 0.12, mx = (x0 + x1) / 2 - bend * (y1 - y0), my = (y0 + y1) / 2 + bend * (x1 - x0);
    ctx.strokeStyle = carried ? colour("friend") : colour("dim"); ctx.globalAlpha = carried ? 0.9 : 0.4; ctx.lineWidth = carried ? 1.6 : 1;
    ctx.beginPath(); ctx.moveTo(x0, y0); ctx.quadraticCurveTo(mx, my, x1, y1); ctx.stroke();
    const f = (time / 4) % 1, g = 1 - f;
    if (carried) { ctx.fillStyle = colour("friend"); ctx.beginPath(); ctx.arc(g * g * x0 + 2 * f * g * mx + f * f * x1, g * g * y0 + 2 * f * g * my + f * f * y1, 3, 0, 7); ctx.fill(); }
    ctx.globalAlpha = 1;
    hits.push({ x: 0.25 * x0 + 0.5 * mx + 0.25 * x1, y: 0.25 * y0 + 0.5 * my + 0.25 * y1, r: 12, text: `link ${l.link}\n${l.from} to ${l.to}\n${carried} tracks in this sample` });
  }
}
function shots(now) {
  const where = new Map(now.map((b) => [b.who, b])), sensor = Object.fromEntries(D.sensors.map((s) => [s.node, s]));
  for (const e of D.shots) {
    if (time < e.t_assigned || time > e.t_intercept + 8) continue;
    const from = sensor[e.node], to = where.get(e.body);
    if (!from || !to) continue;
    ctx.strokeStyle = colour("round"); ctx.lineWidth = time >= e.t_launch ? 1.6 : 0.8; ctx.setLineDash(time >= e.t_launch ? [] : [4, 4]);
    ctx.beginPath(); ctx.moveTo(px(from.lon_deg), py(from.lat_deg)); ctx.lineTo(px(to.lon), py(to.lat)); ctx.stroke(); ctx.setLineDash([]);
  }
  for (const e of D.events) {
    if (!["kill", "friendly_killed", "civil_killed", "leaker"].includes(e.event) || time < e.t || time > e.t + 25) continue;
    const who = D.bodies.findIndex((b) => b.name === (e.event === "leaker" ? e.subject : e.object)), at = lastSeen(who, e.t);
    if (!at) continue;
    ctx.strokeStyle = colour(e.event === "kill" ? "round" : "hostile"); ctx.lineWidth = 2; ctx.beginPath(); ctx.arc(px(at[1]), py(at[0]), 5 + (time - e.t) * 0.7, 0, 7); ctx.stroke();
  }
}
function lastSeen(who, t) {
  for (let s = sampleAt(t); s >= 0; s--) { const i = truthAt(s).get(who); if (i !== undefined) return [D.T.lat[i] / 1e4, D.T.lon[i] / 1e4]; }
  return null;
}
function draw() {
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(canvas.clientWidth * ratio) || canvas.height !== Math.round(canvas.clientHeight * ratio)) { canvas.width = Math.round(canvas.clientWidth * ratio); canvas.height = Math.round(canvas.clientHeight * ratio); }
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0); ctx.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  hits = []; graticule();
  lines(D.land.coast || [], colour("dim"), 1, []); lines(D.land.border || [], colour("dim"), 0.7, [4, 3]);
  const on = new Set();
  for (const e of D.events) { if (e.t > time) break; if (e.event === "on") on.add(e.subject); if (e.event === "off") on.delete(e.subject); }
  ctx.font = "11px system-ui";
  for (const s of D.sensors) {
    const lit = on.has(s.name), x = px(s.lon_deg), y = py(s.lat_deg);
    if (lit && $("rings").checked) ring(s.lat_deg, s.lon_deg, s.range_km, colour("line"));
    ctx.fillStyle = lit ? colour("friend") : colour("dim"); ctx.beginPath(); ctx.moveTo(x, y - 5); ctx.lineTo(x + 5, y + 4); ctx.lineTo(x - 5, y + 4); ctx.closePath(); lit ? ctx.fill() : ctx.stroke();
    hits.push({ x, y, r: 7, text: `radar ${s.name}\n${s.class}, ${lit ? "on" : "off"}\nreports to ${s.node}` });
  }
  for (const a of D.assets) { const x = px(a.lon_deg), y = py(a.lat_deg); ctx.fillStyle = colour("asset"); ctx.fillRect(x - 4, y - 4, 8, 8); ctx.fillText(a.title, x + 7, y + 4); hits.push({ x, y, r: 7, text: `${a.title}, defended` }); }
  if ($("linkson").checked) links();
  for (const n of D.nodes) { const x = px(n.lon_deg), y = py(n.lat_deg); ctx.strokeStyle = colour("fg"); ctx.lineWidth = 1.2; ctx.strokeRect(x - 6, y - 4, 12, 8); if (n.node === $("node").value) { ctx.fillStyle = colour("fg"); ctx.fillText(n.node, x + 9, y - 6); } hits.push({ x, y, r: 8, text: `${n.title}\nnode ${n.node}, ${n.owner}` }); }
  if ($("trails").checked) trails();
  const now = bodiesNow();
  shots(now);
  for (const b of now) {
    const body = D.bodies[b.who];
    if (!shown(body.side)) continue;
    const x = px(b.lon), y = py(b.lat);
    arrow(x, y, b.heading, colour(tint[body.side]), body.side === "own" ? 4 : body.side === "civil" ? 5 : 6.5);
    if ($("labels").checked && body.side !== "civil") { ctx.fillStyle = colour("dim"); ctx.fillText(body.name, x + 7, y - 5); }
    hits.push({ x, y, r: 8, text: `${body.name} (the truth)\n${body.class}, ${body.side}${body.augmented ? ", with reflectors" : ""}\n${Math.round(b.alt)} m, ${b.speed} m/s` });
  }
  const held = tracks();
  counters(now, held);
}
function counters(now, held) {
  const past = (kind) => D.events.filter((e) => e.t <= time && e.event === kind);
  const rounds = D.shots.filter((e) => e.t_launch <= time).reduce((sum, e) => sum + e.rounds, 0);
  const rows = [
    ["hostile in the air", now.filter((b) => D.bodies[b.who].side === "hostile").length], ["leakers", past("leaker").length],
    ["rounds fired", rounds], ["hostile shot down", past("kill").length], ["friends shot down", past("friendly_killed").length],
    ["airliners shot down", past("civil_killed").length], [`tracks held by ${$("node").value}`, held],
  ];
  $("counters").replaceChildren(...rows.map(([name, value]) => { const tr = document.createElement("tr"); for (const v of [name, value]) { const td = document.createElement("td"); td.textContent = v; tr.append(td); } return tr; }));
}
const clock = (t) => `${Math.floor(t / 60)}:${String(Math.floor(t % 60)).padStart(2, "0")}`;
let listed = [];
function list() {
  const minor = $("minor").checked;
  listed = D.events.filter((e) => minor || e.event !== "track_started");
  $("events").replaceChildren(...listed.map((e) => {
    const li = document.createElement("li"), b = document.createElement("button");
    b.textContent = `${clock(e.t)}  ${e.text}`;
    if (["leaker", "friendly_killed", "civil_killed"].includes(e.event)) b.className = "bad";
    b.addEventListener("click", () => go(e.t)); li.append(b); return li;
  }));
  mark();
}
let current = -1;
function mark() {
  const items = $("events").children;
  let now = -1;
  listed.forEach((e, i) => { if (e.t <= time) now = i; });
  for (let i = 0; i < items.length; i++) items[i].className = i === now ? "now" : i < now ? "past" : "";
  if (now !== current && items[now]) { const box = $("events"), item = items[now]; box.scrollTop = item.offsetTop - box.offsetTop - box.clientHeight / 2; }
  current = now;
}
function go(t) {
  time = Math.min(D.times[D.times.length - 1], Math.max(D.times[0], t));
  $("time").value = time; $("clock").textContent = clock(time); mark(); draw();
}
function step(by) { playing = false; $("play").textContent = "▶"; go(D.times[Math.min(D.times.length - 1, Math.max(0, sampleAt(time) + by))]); }
function toggle() { playing = !playing; $("play").textContent = playing ? "❚❚" : "▶"; if (playing && time >= D.times[D.times.length - 1]) go(D.times[0]); last = 0; if (playing) requestAnimationFrame(run); }
function run(stamp) {
  if (!playing) return;
  if (last) go(time + ((stamp - last) / 1000) * Number($("speed").value));
  last = stamp;
  if (time >= D.times[D.times.length - 1]) { playing = false; $("play").textContent = "▶"; return; }
  requestAnimationFrame(run);
}
function tip(event) {
  const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
  const hit = hits.filter((h) => Math.hypot(h.x - x, h.y - y) < h.r).pop(), t = $("tip");
  t.hidden = !hit;
  if (hit) { t.textContent = hit.text; t.style.left = Math.min(x + 12, canvas.clientWidth - 200) + "px"; t.style.top = y + 12 + "px"; }
}
function legend() {
  const rows = [["▲", "friend", "friend (truth)"], ["▲", "civil", "civil (truth)"], ["▲", "hostile", "hostile (truth)"], ["▲", "round", "round in flight"], ["○", "friend", "track: friend"], ["□", "civil", "track: neutral"], ["◇", "hostile", "track: hostile, suspect"], ["✤", "unknown", "track: unknown, pending"], ["■", "asset", "defended"]];
  $("legend").replaceChildren(...rows.map(([sign, c, text]) => { const d = document.createElement("div"), b = document.createElement("b"); b.textContent = sign; b.style.color = colour(c); d.append(b, " " + text); return d; }));
  const d = document.createElement("div"); d.textContent = "dashed frame: received over a link"; $("legend").append(d);
}
async function begin() {
  D.T = await table(D.truth); D.K = await table(D.tracks);
  for (const n of D.nodes) { const o = document.createElement("option"); o.value = n.node; o.textContent = `${n.node}: ${n.title}`; $("node").append(o); }
  $("time").min = D.times[0]; $("time").max = D.times[D.times.length - 1]; $("time").step = "any";
  fit(); legend(); list(); go(D.times[0]);
  $("play").addEventListener("click", toggle); $("back").addEventListener("click", () => step(-1)); $("ahead").addEventListener("click", () => step(1));
  $("time").addEventListener("input", () => go(Number($("time").value)));
  for (const id of ["node", "own", "fed", "friend", "civil", "hostile", "trails", "rings", "linkson", "labels"]) $(id).addEventListener("change", draw);
  $("minor").addEventListener("change", list);
  $("zin").addEventListener("click", () => zoom(1.4)); $("zout").addEventListener("click", () => zoom(1 / 1.4)); $("zfit").addEventListener("click", () => { fit(); draw(); });
  canvas.addEventListener("wheel", (e) => { e.preventDefault(); const b = canvas.getBoundingClientRect(); zoom(e.deltaY < 0 ? 1.2 : 1 / 1.2, e.clientX - b.left, e.clientY - b.top); }, { passive: false });
  let drag = null;
  canvas.addEventListener("pointerdown", (e) => { drag = [e.clientX, e.clientY]; canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener("pointermove", (e) => { if (drag) { view.x -= (e.clientX - drag[0]) / view.scale; view.y += (e.clientY - drag[1]) / view.scale; drag = [e.clientX, e.clientY]; draw(); } else tip(e); });
  canvas.addEventListener("pointerup", () => { drag = null; });
  window.addEventListener("resize", draw);
  document.addEventListener("keydown", (e) => {
    if (["SELECT", "INPUT", "BUTTON"].includes(e.target.tagName) && e.key === " ") return;
    if (e.key === " ") { e.preventDefault(); toggle(); } else if (e.key === "ArrowRight" && e.target.id !== "time") step(1);
    else if (e.key === "ArrowLeft" && e.target.id !== "time") step(-1); else if (e.key === "+") zoom(1.3); else if (e.key === "-") zoom(1 / 1.3);
  });
  document.body.dataset.ready = "yes";
}
begin();
