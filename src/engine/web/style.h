// SPDX-License-Identifier: MIT
// The page's one style, dark and light as the reader's system is, wide and narrow.
// Classes: g, w, b: good, waiting, bad.
#pragma once

#include <string_view>

namespace ck::web {

inline constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--bg:#f3f5f8;--card:#fff;--ink:#18202c;--dim:#5a6676;--line:#e2e7ee;--accent:#2a5bd0;
--g:#0f7a55;--gb:#def4ea;--w:#8a5a00;--wb:#fcf0d2;--b:#b3261e;--bb:#fde5e3;--bar:#8fb0f0}
@media(prefers-color-scheme:dark){:root{--bg:#0e1217;--card:#171d25;--ink:#e7ecf3;--dim:#95a2b3;--line:#27303b;
--accent:#8ab0ff;--g:#5fd6a6;--gb:#11332a;--w:#f2c266;--wb:#372a0e;--b:#ff9289;--bb:#401a18;--bar:#3f66b5}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
header,main,footer{max-width:72rem;margin:auto;padding:0 1rem}
header{display:flex;flex-wrap:wrap;align-items:center;gap:.25rem .9rem;padding-top:1.3rem}
h1{font-size:1.35rem;line-height:1.2;margin:0;overflow-wrap:anywhere;min-width:0}
h1 small{display:block;font-size:.8rem;font-weight:400;color:var(--dim);letter-spacing:.02em}
h2{font-size:.78rem;font-weight:600;color:var(--dim);text-transform:uppercase;letter-spacing:.06em;margin:0 0 .35rem}
.pill{margin-left:auto;padding:.35rem .85rem;border-radius:2rem;font-weight:650;letter-spacing:.04em;font-size:.9rem}
.pill.g{color:var(--g);background:var(--gb)}.pill.w{color:var(--w);background:var(--wb)}.pill.b{color:var(--b);background:var(--bb)}
main{padding-top:1.1rem}
section{background:var(--card);border:1px solid var(--line);border-radius:.7rem;padding:.85rem 1rem;margin-bottom:.9rem}
.cards{columns:2;column-gap:.9rem;margin-bottom:.9rem}.cards section{break-inside:avoid}.cards section:last-child{margin-bottom:0}
section.b{border-color:var(--b)}
.tiles{background:none;border:0;padding:0;display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.9rem}
.tiles div{background:var(--card);border:1px solid var(--line);border-radius:.7rem;padding:.7rem 1rem}
.tiles b{display:block;font-size:1.5rem;font-weight:620;line-height:1.25;font-variant-numeric:tabular-nums;white-space:nowrap}
.tiles span,.tiles small{color:var(--dim);font-size:.8rem;display:block}
ul{list-style:none;margin:0;padding:0}
li{display:flex;flex-wrap:wrap;gap:0 .6rem;padding:.38rem 0;border-top:1px solid var(--line);align-items:baseline}
ul>li:first-child{border-top:0}
li>*{overflow-wrap:anywhere;min-width:0}
.e{margin-left:auto;text-align:right}
li>p,p{margin:0;flex-basis:100%;color:var(--dim);font-size:.86rem;overflow-wrap:anywhere}
b{font-weight:600}
.g{color:var(--g)}.w{color:var(--w)}.b{color:var(--b)}
section.b,section.g,section.w{color:inherit}
i{font-style:normal;color:var(--dim);font-size:.86rem}
i.g{color:var(--g)}i.w{color:var(--w)}i.b{color:var(--b)}
svg{display:block;margin-left:auto;width:8rem;height:1.5rem;fill:var(--bar)}
.log{font:.8rem/1.5 ui-monospace,SFMono-Regular,Consolas,"DejaVu Sans Mono",monospace}
.log li{display:block;border:0;padding:0;overflow-wrap:anywhere}
.log i{font-size:inherit}
footer{color:var(--dim);font-size:.82rem;padding-top:1rem;padding-bottom:1.6rem;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem}
a{color:var(--accent);text-decoration:none}
a:hover{text-decoration:underline}
@media(max-width:46rem){.cards{columns:1}.tiles{grid-template-columns:1fr 1fr;gap:.6rem}.tiles b{font-size:1.25rem}
.tiles div:last-child:nth-child(odd){grid-column:1/-1}}
)css";

}  // namespace ck::web
