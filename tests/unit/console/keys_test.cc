// SPDX-License-Identifier: MIT
#include "engine/console/keys.h"

#include <gtest/gtest.h>

namespace ck::console {
namespace {

struct Desk {
  View view;
  TimePoint now = from_ms(5'000);
  PowerKeys power = PowerKeys::Allowed;

  KeyEffect type(char key) { return press(key, now, power, view); }
  KeyEffect later(Duration wait, char key) {
    now += wait;
    return type(key);
  }
};

TEST(Keys, ChooseAPageAndAskForARedraw) {
  Desk desk;
  EXPECT_EQ(desk.type('\r'), KeyEffect::Redraw);
  EXPECT_EQ(desk.type('\n'), KeyEffect::Redraw);
  EXPECT_EQ(desk.type('3'), KeyEffect::Changed);
  EXPECT_EQ(desk.view.page, Page::Gateway);
  EXPECT_EQ(desk.type('?'), KeyEffect::Changed);
  EXPECT_EQ(desk.view.page, Page::Help);
  EXPECT_EQ(desk.type('x'), KeyEffect::None);
  EXPECT_EQ(desk.view.page, Page::Help);
}

TEST(Keys, YesToTheQuestionEndsTheMachine) {
  for (char yes : {'y', 'Y'}) {
    Desk desk;
    EXPECT_EQ(desk.type('p'), KeyEffect::Changed);
    EXPECT_EQ(desk.view.prompt, Prompt::PowerOff);
    EXPECT_EQ(desk.later(1s, yes), KeyEffect::PowerOff);
    EXPECT_EQ(desk.view.prompt, Prompt::PoweringOff);
    EXPECT_EQ(desk.later(1s, yes), KeyEffect::Changed) << "it is asked for once";
  }
  Desk desk;
  EXPECT_EQ(desk.type('r'), KeyEffect::Changed);
  EXPECT_EQ(desk.view.prompt, Prompt::Restart);
  EXPECT_EQ(desk.later(kLeastThought, 'y'), KeyEffect::Restart);
  EXPECT_EQ(desk.view.prompt, Prompt::Restarting);
}

TEST(Keys, EveryOtherKeyCancelsAndDoesNothingElse) {
  for (int key = 0; key < 256; ++key) {
    if (key == 'y' || key == 'Y') continue;
    Desk desk;
    desk.type('2');
    desk.type('p');
    EXPECT_EQ(desk.later(1s, static_cast<char>(key)), KeyEffect::Changed);
    EXPECT_EQ(desk.view, View{.page = Page::Network}) << key;
    EXPECT_EQ(desk.later(1s, 'y'), KeyEffect::None) << "there is no question any more";
  }
}

TEST(Keys, AnAnswerThatNobodyCanHaveThoughtOfCancels) {
  Desk desk;
  desk.type('p');
  EXPECT_EQ(desk.later(kLeastThought - 1ms, 'y'), KeyEffect::Changed);
  EXPECT_EQ(desk.view.prompt, Prompt::Keys);
  EXPECT_EQ(desk.later(1s, 'y'), KeyEffect::None);
}

TEST(Keys, TenSecondsWithoutAnAnswerCancel) {
  Desk desk;
  desk.type('p');
  EXPECT_FALSE(expire(desk.now + kPromptStands - 1ms, desk.view));
  EXPECT_TRUE(expire(desk.now + kPromptStands, desk.view));
  EXPECT_EQ(desk.view, View{});
  EXPECT_FALSE(expire(desk.now + kPromptStands, desk.view));
  desk.type('p');
  EXPECT_EQ(desk.later(kPromptStands, 'y'), KeyEffect::None) << "also when nobody has called expire()";
}

TEST(Keys, WhereTheyAreDisabledTheySaySoAndTheNextKeyActs) {
  for (char key : {'p', 'r'}) {
    Desk desk{.power = PowerKeys::Disabled};
    EXPECT_EQ(desk.type(key), KeyEffect::Changed);
    EXPECT_EQ(desk.view.prompt, Prompt::Disabled);
    EXPECT_EQ(desk.later(1s, 'y'), KeyEffect::Changed);
    EXPECT_EQ(desk.view, View{});
    desk.type(key);
    EXPECT_EQ(desk.later(1s, '2'), KeyEffect::Changed);
    EXPECT_EQ(desk.view, View{.page = Page::Network});
    desk.type(key);
    EXPECT_TRUE(expire(desk.now + kPromptStands, desk.view));
  }
}

}  // namespace
}  // namespace ck::console
