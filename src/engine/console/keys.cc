// SPDX-License-Identifier: MIT
#include "engine/console/keys.h"

namespace ck::console {

namespace {

KeyEffect go(View& view, Page page) {
  view = {.page = page};
  return KeyEffect::Changed;
}

KeyEffect ask(Prompt question, TimePoint now, PowerKeys power, View& view) {
  enter(power == PowerKeys::Allowed ? question : Prompt::Disabled, now, view);
  return KeyEffect::Changed;
}

bool is_question(Prompt prompt) { return prompt == Prompt::PowerOff || prompt == Prompt::Restart; }

KeyEffect answer(char key, TimePoint now, View& view) {
  bool agreed = (key == 'y' || key == 'Y') && now - view.prompt_since >= kLeastThought;
  bool power_off = view.prompt == Prompt::PowerOff;
  if (!agreed) {
    enter(Prompt::Keys, now, view);
    return KeyEffect::Changed;
  }
  enter(power_off ? Prompt::PoweringOff : Prompt::Restarting, now, view);
  return power_off ? KeyEffect::PowerOff : KeyEffect::Restart;
}

KeyEffect act(char key, TimePoint now, PowerKeys power, View& view) {
  switch (key) {
    case '\r':
    case '\n': return KeyEffect::Redraw;
    case '1': return go(view, Page::Overview);
    case '2': return go(view, Page::Network);
    case '3': return go(view, Page::Gateway);
    case '4': return go(view, Page::System);
    case 'l': return go(view, Page::Log);
    case '?':
    case 'h': return go(view, Page::Help);
    case 'n':
    case ' ': view.first = view.next; return KeyEffect::Changed;
    case 'f': view.first = 0; return KeyEffect::Changed;
    case 'd': return KeyEffect::Lines;
    case 'p': return ask(Prompt::PowerOff, now, power, view);
    case 'r': return ask(Prompt::Restart, now, power, view);
    default: return KeyEffect::None;
  }
}

}  // namespace

KeyEffect press(char key, TimePoint now, PowerKeys power, View& view) {
  (void)expire(now, view);
  if (is_question(view.prompt)) return answer(key, now, view);
  bool noted = view.prompt != Prompt::Keys;
  enter(Prompt::Keys, now, view);
  KeyEffect effect = act(key, now, power, view);
  return effect == KeyEffect::None && noted ? KeyEffect::Changed : effect;
}

void enter(Prompt prompt, TimePoint now, View& view) {
  view.prompt = prompt;
  view.prompt_since = prompt == Prompt::Keys ? TimePoint() : now;
}

bool expire(TimePoint now, View& view) {
  if (view.prompt == Prompt::Keys || now - view.prompt_since < kPromptStands) return false;
  enter(Prompt::Keys, now, view);
  return true;
}

}  // namespace ck::console
