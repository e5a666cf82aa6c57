"""The style sheet of the page, with a light and a dark theme."""

STYLE = """
:root { color-scheme: light dark; --text: #1c1e21; --faint: #5f6670; --back: #ffffff; --grid: #d9dde2;
  --heat: 37, 99, 235;
  --c0: #1d64d8; --c1: #c2410c; --c2: #15803d; --c3: #9333ea; --c4: #b91c5c; --c5: #0e7490; --c6: #8a6100;
  --c7: #57606a; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e8eb; --faint: #9aa3ad; --back: #15181c; --grid: #343a41;
  --heat: 96, 150, 255;
  --c0: #6ea8ff; --c1: #ff9a5c; --c2: #5fd38a; --c3: #c99bff; --c4: #ff86b3; --c5: #5ad1e6; --c6: #e5bf4f;
  --c7: #aab4bf; } }
body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 24px; }
h1 { font-size: 26px; } h2 { font-size: 20px; margin: 36px 0 10px; } h3 { font-size: 16px; margin: 18px 0 6px; }
.wide { overflow-x: auto; margin: 8px 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { padding: 4px 10px; text-align: left; border-bottom: 1px solid var(--grid); vertical-align: top;
  white-space: pre-wrap; max-width: 280px; overflow-wrap: break-word; }
td.short { white-space: nowrap; } th { font-weight: 600; }
thead th { white-space: nowrap; } tbody th { white-space: nowrap; }
svg { width: 100%; max-width: 760px; height: auto; display: block; }
svg text { fill: var(--text); font-size: 12px; } svg text.faint { fill: var(--faint); }
svg.key { width: 24px; height: 8px; display: inline-block; margin-right: 6px; vertical-align: middle; }
.grid { stroke: var(--grid); } .line { fill: none; stroke: var(--c); stroke-width: 2; }
.whisker { stroke: var(--c); stroke-width: 3; opacity: 0.55; } .dot, .bar { fill: var(--c); }
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); }
.c4 { --c: var(--c4); } .c5 { --c: var(--c5); } .c6 { --c: var(--c6); } .c7 { --c: var(--c7); }
.heat { background: rgba(var(--heat), calc(var(--share) * 0.7)); text-align: right; }
.legend { list-style: none; padding: 0; margin: 6px 0 14px; font-size: 13px; columns: 2 380px; }
.legend li { overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(440px, 1fr)); gap: 18px 32px; }
figure { margin: 0; } figcaption { font-size: 13px; margin-bottom: 4px; }
details { margin: 8px 0; } summary { cursor: pointer; overflow-wrap: anywhere; }
dt { font-weight: 600; } dd { margin: 0 0 6px 18px; } li { overflow-wrap: anywhere; }
"""
