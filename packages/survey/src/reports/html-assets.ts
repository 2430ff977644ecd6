/** The style of the report. Both color schemes have a contrast of at least 4.5 to 1. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1a1a1a;--paper:#fff;--quiet:#595959;--edge:#d0d0d0;--panel:#f5f5f5;--good:#1a7f37;--fair:#8a5a00;--poor:#c0182b;--link:#0b57d0}
@media(prefers-color-scheme:dark){:root{--ink:#ececec;--paper:#161616;--quiet:#a8a8a8;--edge:#444;--panel:#222;--good:#4ac26b;--fair:#e0a72e;--poor:#ff7b80;--link:#8ab4f8}}
*{box-sizing:border-box}body{margin:0 auto;max-width:60rem;padding:1rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{margin:0}h2{text-transform:capitalize;margin:2rem 0 .5rem}a{color:var(--link)}code,pre{font-family:ui-monospace,monospace;font-size:.85rem}
.gauge{width:8rem;display:block}.gauge circle{fill:none;stroke-width:10}.gauge .track{stroke:var(--edge)}.gauge text{font:700 34px system-ui,sans-serif;fill:var(--ink)}
.gauge.good .value{stroke:var(--good)}.gauge.fair .value{stroke:var(--fair)}.gauge.poor .value{stroke:var(--poor)}
nav{display:flex;flex-wrap:wrap;gap:.5rem;position:sticky;top:0;background:var(--paper);padding:.5rem 0}
button{font:inherit;padding:.25rem .75rem;border:1px solid var(--edge);border-radius:1rem;background:var(--paper);color:var(--ink);cursor:pointer}
button[aria-pressed=true]{background:var(--ink);color:var(--paper)}
.audit{border:1px solid var(--edge);border-left-width:.35rem;border-radius:.25rem;margin:.4rem 0;padding:.4rem .75rem}
.audit.pass{border-left-color:var(--good)}.audit.fail{border-left-color:var(--poor)}.audit.error{border-left-color:var(--fair)}
.mark{font-weight:600}.pass .mark{color:var(--good)}.fail .mark{color:var(--poor)}.error .mark{color:var(--fair)}.not-applicable .mark,.severity{color:var(--quiet)}
summary{cursor:pointer}pre{overflow:auto;max-height:20rem;padding:.5rem;background:var(--panel);white-space:pre-wrap;overflow-wrap:anywhere}
dt{font-weight:600}dd{margin:0 0 .4rem}.timeline{padding-left:1.2rem}.timeline time{color:var(--quiet)}
figure{margin:.5rem 0}.chart{width:100%;height:7.5rem;background:var(--panel)}.chart polyline{fill:none;stroke:var(--link);stroke-width:1.5;vector-effect:non-scaling-stroke}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
@media print{nav{display:none}.audit{break-inside:avoid}pre{max-height:none}}
`;

/** Filters the audits, and opens all of them for printing. */
export const SCRIPT = `
for (const button of document.querySelectorAll("[data-filter]")) {
  button.addEventListener("click", () => {
    for (const other of document.querySelectorAll("[data-filter]")) other.setAttribute("aria-pressed", String(other === button));
    for (const audit of document.querySelectorAll("[data-outcome]"))
      audit.hidden = button.dataset.filter !== "all" && audit.dataset.outcome !== button.dataset.filter;
    for (const section of document.querySelectorAll("main section"))
      section.hidden = section.querySelector("[data-outcome]:not([hidden])") === null;
  });
}
addEventListener("beforeprint", () => { for (const audit of document.querySelectorAll("details")) audit.open = true; });
`;
