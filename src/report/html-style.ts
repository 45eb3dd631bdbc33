/** Of the report as HTML: the colours of the page, light and dark, and for paper. */
export const HTML_STYLE = `
:root{color-scheme:light dark;--paper:#f5f7f8;--surface:#fff;--ink:#13212b;--quiet:#4d5f6c;--line:#d8e0e5;--water:#23688c;--floor:#0f7b6c;--limit:#b3261e;--mark:#65479c;--warn:#8a4b08;--calm:#1f6b4f}
@media (prefers-color-scheme:dark){:root{--paper:#0d141a;--surface:#141d25;--ink:#e4ecf1;--quiet:#9db0bd;--line:#263440;--water:#6cb4d9;--floor:#4fc7b3;--limit:#ff8b81;--mark:#c0a6ee;--warn:#e9a65a;--calm:#6fd0a4}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1020px;margin:0 auto;padding:32px 16px}
section{background:var(--surface);border:1px solid var(--line);border-radius:6px;padding:8px 20px 20px;margin:24px 0;overflow-x:auto}
h1{font-size:26px;margin:8px 0}h2{font-size:18px}h3{font-size:15px}
small,footer,.legend{color:var(--quiet);font-weight:400}
.lead{font-size:18px}
.verdict{display:inline-block;margin:0;padding:2px 10px;border-radius:4px;border:1px solid currentColor;font-weight:600;color:var(--calm)}
.verdict-leak{color:var(--limit)}.verdict-undetermined,.verdict-step{color:var(--warn)}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:6px 12px 6px 0;border-top:1px solid var(--line);overflow-wrap:break-word}
th[scope=row]{width:140px;font-weight:600}
code{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
.outcome-supports,.outcome-contradicts,.outcome-open{white-space:nowrap}.outcome-supports{color:var(--calm)}.outcome-contradicts{color:var(--warn)}.outcome-open{color:var(--quiet)}
svg{width:100%;height:auto;display:block}svg text{fill:var(--quiet);font:12px system-ui,sans-serif}
.grid{stroke:var(--line)}.mark{stroke:var(--mark);stroke-dasharray:2 3}.limit{stroke:var(--limit);stroke-width:2}
.line{fill:none;stroke-width:1.6}.line-0,.key-0::before{stroke:var(--water);background:var(--water)}.line-1,.key-1::before{stroke:var(--floor);background:var(--floor)}
.key{margin-right:16px}.key::before{content:"";display:inline-block;width:14px;height:3px;margin-right:6px;vertical-align:middle}.key-limit::before{background:var(--limit)}
li{margin:8px 0}
@media print{body{background:#fff}section{break-inside:avoid-page;border:0;padding:0}}
`;
