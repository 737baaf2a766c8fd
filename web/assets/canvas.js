// Draws what Go packed: see web/timeline/scene.go, which names the operations
// in this order. It keeps no state but the colours and patterns of each canvas.
(() => {
  "use strict";
  const palette = ["ink", "muted", "screen", "line", "line-2", "grat", "run", "asleep", "asleep-fill",
    "asleep-hatch", "ready", "error", "again", "wake", "bg", "panel"];
  const dashes = [[], [3, 2.5], [2, 2], [1, 4]];
  const aligns = ["left", "center", "right"];
  const blends = ["source-over", "destination-out", "destination-over"];
  const utf8 = new TextDecoder();
  const looks = new WeakMap(); // canvas -> its colours, fonts and patterns

  // tile makes a pattern of side px that draw fills, sharp at the ratio.
  function tile(ctx, side, ratio, draw) {
    const c = document.createElement("canvas"), n = Math.round(side * ratio);
    c.width = c.height = n;
    const t = c.getContext("2d");
    t.scale(n / side, n / side);
    draw(t);
    const p = ctx.createPattern(c, "repeat");
    p.setTransform(new DOMMatrix().scale(side / n));
    return p;
  }

  function look(canvas, ctx, ratio) {
    const css = getComputedStyle(canvas), get = (name) => css.getPropertyValue("--" + name).trim();
    const colours = palette.map(get), face = get("mono") || "monospace";
    return {
      ratio, colours, fonts: ["10px " + face, "600 10px " + face],
      hatch: tile(ctx, 7, ratio, (t) => {
        t.strokeStyle = colours[palette.indexOf("asleep-hatch")];
        t.lineWidth = 1.5;
        for (const x of [-7, 0, 7]) { t.moveTo(x - 1, 8); t.lineTo(x + 8, -1); }
        t.stroke();
      }),
      dots: tile(ctx, 8, ratio, (t) => {
        t.fillStyle = colours[palette.indexOf("line")];
        t.arc(4, 4, 0.8, 0, 7);
        t.fill();
      }),
    };
  }

  function paint(canvas, bytes, length, width, height, ratio) {
    const ctx = canvas.getContext("2d");
    const w = Math.round(width * ratio), h = Math.round(height * ratio);
    if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
    let l = looks.get(canvas);
    if (!l || l.ratio !== ratio) looks.set(canvas, l = look(canvas, ctx, ratio));
    const n = new Uint32Array(bytes.buffer, 0, 1)[0], f = new Float32Array(bytes.buffer, 4, n);
    const text = utf8.decode(bytes.subarray(4 + 4 * n, length));
    let i = 0;
    const points = (n) => {
      ctx.beginPath();
      ctx.moveTo(f[i++], f[i++]);
      while (--n > 0) ctx.lineTo(f[i++], f[i++]);
    };
    const pen = () => {
      ctx.strokeStyle = l.colours[f[i++]];
      ctx.lineWidth = f[i++];
      ctx.setLineDash(dashes[f[i++]]);
    };
    const pattern = (p, x, y, w, h, phase) => {
      ctx.translate(x - phase, y);
      ctx.fillStyle = p;
      ctx.fillRect(phase, 0, w, h);
      ctx.translate(phase - x, -y);
    };
    const ops = [
      () => { // rect
        ctx.fillStyle = l.colours[f[i++]];
        const x = f[i++], y = f[i++], w = f[i++], h = f[i++], r = f[i++];
        if (!r) return ctx.fillRect(x, y, w, h);
        ctx.beginPath();
        ctx.roundRect(x, y, w, h, r);
        ctx.fill();
      },
      () => { ctx.fillStyle = l.colours[f[i++]]; points(f[i++]); ctx.fill(); },
      () => { pen(); points(f[i++]); ctx.stroke(); },
      () => { // curve
        pen();
        ctx.beginPath();
        ctx.moveTo(f[i++], f[i++]);
        ctx.bezierCurveTo(f[i++], f[i++], f[i++], f[i++], f[i++], f[i++]);
        ctx.stroke();
      },
      () => pattern(l.hatch, f[i++], f[i++], f[i++], f[i++], f[i++]),
      () => pattern(l.dots, f[i++], f[i++], f[i++], f[i++], 0),
      () => { // text
        ctx.fillStyle = l.colours[f[i++]];
        ctx.font = l.fonts[f[i++]];
        ctx.textAlign = aligns[f[i++]];
        const x = f[i++], y = f[i++], at = f[i++];
        ctx.fillText(text.slice(at, at + f[i++]), x, y);
      },
      () => { ctx.globalAlpha = f[i++]; },
      () => { ctx.globalCompositeOperation = blends[f[i++]]; },
      () => { ctx.save(); ctx.beginPath(); ctx.rect(f[i++], f[i++], f[i++], f[i++]); ctx.clip(); },
      () => ctx.restore(),
    ];
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, height);
    while (i < n) ops[f[i++]]();
  }

  // picture saves a drawing in SVG as PNG, with two pixels for each of its own.
  async function picture(svg, name) {
    const image = new Image(), c = document.createElement("canvas"), a = document.createElement("a");
    image.src = "data:image/svg+xml," + encodeURIComponent(svg);
    await image.decode();
    c.width = 2 * image.width;
    c.height = 2 * image.height;
    c.getContext("2d").drawImage(image, 0, 0, c.width, c.height);
    a.href = c.toDataURL();
    a.download = name;
    a.click();
  }

  globalThis.sockscopeCanvas = { paint, picture, restyle: (canvas) => looks.delete(canvas) };
})();
