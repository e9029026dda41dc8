// SPDX-License-Identifier: MIT
#include "engine/console/page.h"

#include <algorithm>

#include "base/text.h"
#include "engine/console/sections.h"
#include "engine/console/words.h"
#include "engine/status/memory.h"

namespace ck::console {

namespace {

constexpr unsigned kTop = 2;  // rows of the title

// What stands on the last row.
void put_prompt(Prompt prompt, Lines& lines) {
  constexpr std::string_view kOtherwise = " y/n   (any other key, or 10 s without one, is no)";
  switch (prompt) {
    case Prompt::Keys: lines.put("Enter refresh   1 overview  2 network  3 gateway  4 system  l log  ? help"); return;
    case Prompt::PowerOff: lines.put("Power off?", Tint::Bad).put(kOtherwise); return;
    case Prompt::Restart: lines.put("Restart?", Tint::Bad).put(kOtherwise); return;
    case Prompt::Disabled:
      lines.put("Power off and restart are disabled on the consoles (system.power-keys)", Tint::Waiting);
      return;
    case Prompt::PoweringOff: lines.put("Powering off ...", Tint::Waiting); return;
    case Prompt::Restarting: lines.put("Restarting ...", Tint::Waiting); return;
    case Prompt::Refused: lines.put("init could not be asked, the log says why: nothing was done", Tint::Bad); return;
  }
}

// Title, rule and the last row; the pages fill the rows between.
void draw_border(const Inputs& inputs, const View& view, Frame& frame) {
  unsigned width = frame.usable_columns();
  Lines title(frame, 0, 2);
  put_title(inputs, title);
  title.begin(1);
  for (unsigned column = 1; column < width; ++column) title.put("-");
  Lines last(frame, frame.rows() - 1, 1);
  put_prompt(view.prompt, last.begin());
}

// How many links from `first` on fit whole into `rows`, one row kept free for the count of the others when there are
// others.
unsigned links_that_fit(const Inputs& inputs, Frame& frame, unsigned first, unsigned links, unsigned rows) {
  unsigned used = 0;
  for (unsigned link = first; link < links; ++link) {
    Lines measure(frame, 0, 0);
    put_link(inputs, link, measure);
    used += measure.count();
    bool last = link + 1 == links && first == 0;
    if (used + (last ? 0 : 1) > rows) return link - first;
  }
  return links - first;
}

void draw_links(const Inputs& inputs, View& view, Frame& frame, unsigned top, unsigned rows) {
  unsigned links = count_links(inputs);
  if (links == 0 || rows == 0) {
    Lines lines(frame, top, rows);
    put_no_link(inputs, lines);
    view.first = view.next = 0;
    return;
  }
  if (view.first >= links) view.first = 0;
  unsigned fit = links_that_fit(inputs, frame, view.first, links, rows);
  // A link with more addresses than there are rows is begun all the same, and the row after it says so.
  bool overflows = fit == 0;
  unsigned shown = std::max(fit, 1u);
  bool complete = view.first == 0 && shown == links && !overflows;
  Lines lines(frame, top, complete ? rows : rows - 1);
  for (unsigned link = view.first; link < view.first + shown; ++link) put_link(inputs, link, lines);
  view.next = view.first + shown < links ? view.first + shown : 0;
  if (complete) return;
  Lines more(frame, top + rows - 1, 1);
  more.begin();
  if (overflows) more.number(lines.count() - (rows - 1), Tint::Waiting).put(" more lines of this link", Tint::Waiting);
  if (overflows && links > 1) more.put(", ", Tint::Waiting);
  if (links > 1)
    more.number(links - shown, Tint::Waiting).put(links - shown == 1 ? " more link" : " more links", Tint::Waiting);
  more.put(": press n for the next, 2 for all", Tint::Waiting);
}

void draw_overview(const Inputs& inputs, View& view, Frame& frame) {
  unsigned bottom = frame.rows() - 1;  // the row of keys
  Lines lines(frame, kTop, bottom - kTop);
  put_service(inputs, lines);
  put_upstreams(inputs, Detail::Brief, lines);
  put_clients(inputs, Detail::Brief, lines);
  put_memory_and_clock(inputs, lines);
  put_config(inputs, lines);
  put_log_warning(inputs, lines);

  Lines measure(frame, 0, 0);
  put_problems(inputs, Detail::Brief, measure);
  unsigned problems = measure.count();
  unsigned top = kTop + lines.count();
  // Blank rows around the links, as far as there is room for them.
  if (top + problems + 10 < bottom) ++top;
  unsigned end = bottom > problems ? bottom - problems : bottom;
  draw_links(inputs, view, frame, top, end > top ? end - top : 0);
  Lines below(frame, end, problems);
  put_problems(inputs, Detail::Brief, below);
}

void put_page(const Inputs& inputs, Page page, Lines& lines) {
  switch (page) {
    case Page::Overview: return;
    case Page::Network:
      for (unsigned link = 0; link < count_links(inputs); ++link) put_link(inputs, link, lines);
      if (count_links(inputs) == 0) put_no_link(inputs, lines);
      put_domains(inputs, lines);
      return;
    case Page::Gateway:
      put_service(inputs, lines);
      put_upstreams(inputs, Detail::Full, lines);
      put_lookups(inputs, lines);
      put_clients(inputs, Detail::Full, lines);
      return;
    case Page::System:
      put_programs(inputs, lines);
      put_settings(inputs, lines);
      put_memory_and_clock(inputs, lines);
      put_time(inputs, lines);
      put_problems(inputs, Detail::Full, lines);
      return;
    case Page::Log:
      put_log_servers(inputs, lines);
      put_log(inputs, lines);
      return;
    case Page::Help: return put_help(lines);
  }
}

// A page of plain lines, a screenful at a time.
void draw_lines(const Inputs& inputs, View& view, Frame& frame) {
  unsigned rows = frame.rows() - 1 - kTop;
  Lines measure(frame, 0, 0);
  put_page(inputs, view.page, measure);
  unsigned total = measure.count();
  bool complete = total <= rows;
  if (!complete) --rows;
  if (complete || view.first >= total) view.first = 0;
  Lines lines(frame, kTop, rows, view.first);
  put_page(inputs, view.page, lines);
  view.next = view.first + rows < total ? view.first + rows : 0;
  if (complete) return;
  Lines more(frame, kTop + rows, 1);
  more.begin().put("lines ", Tint::Waiting).number(view.first + 1, Tint::Waiting).put(" to ", Tint::Waiting);
  more.number(std::min(view.first + rows, total), Tint::Waiting).put(" of ", Tint::Waiting);
  more.number(total, Tint::Waiting).put(": press n for the next, f for the first", Tint::Waiting);
}

}  // namespace

void draw(const Inputs& inputs, View& view, Frame& frame) {
  draw_border(inputs, view, frame);
  if (view.page == Page::Overview)
    draw_overview(inputs, view, frame);
  else
    draw_lines(inputs, view, frame);
}

void read_memory(std::string_view meminfo, Inputs& inputs) {
  status::Memory memory = status::read_memory(meminfo);
  inputs.memory_total_kib = memory.total_kib;
  inputs.memory_available_kib = memory.available_kib;
}

}  // namespace ck::console
