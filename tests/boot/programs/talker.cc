// SPDX-License-Identifier: MIT
// A service that talks: a block of lines in one go, as a program writes them whose standard output is no terminal; with
// severities; a line too long for one message; one without an end. Then it ends by itself.
#include <string.h>
#include <unistd.h>

#include <string>

namespace {

bool say(const std::string& text) {
  return write(STDOUT_FILENO, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace

int main() {
  std::string block;
  for (int number = 0; number < 100; ++number)
    block += "line " + std::to_string(number) + " of a block that is larger than one message of the kernel\n";
  if (!say(block + "<0>an emergency\n") || !say("<3>an er") || !say("ror\nZ\xc3\xbcrich\n\n")) return 1;
  return say(std::string(1000, 'x') + "\nno end") ? 3 : 1;
}
