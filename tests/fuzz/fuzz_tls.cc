// SPDX-License-Identifier: MIT
// A TLS client and a server that says anything: the first two bytes choose how many bytes of a real server's answers
// come before, and in which pieces all of it comes. Never is it Ready by what was made up, and what it says of failures
// is printable. The same bytes as the texts of credentials.
#include <cstdlib>

#include "support/tls_world.h"

namespace {

using namespace ck;

void parse(std::string_view text) {
  size_t half = text.size() / 2;
  (void)tls::Credentials::parse({.ca = text, .certificate = {}, .key = {}});
  auto parsed =
      tls::Credentials::parse({.ca = test::kAuthority, .certificate = text.substr(0, half), .key = text.substr(half)});
  if (!parsed && (parsed.error().key.empty() || parsed.error().complaint.empty())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  parse(as_text(Bytes(data, size)));
  size_t genuine = size_t{data[0]} * 8;  // the server's first flight has some 900 bytes
  size_t piece = size_t{data[1]} + 1;
  SeededRandom random(2);
  auto credentials = *tls::Credentials::parse({.ca = test::kAuthority, .certificate = {}, .key = {}});
  tls::Client client(credentials, "logs.example.org", *parse_ip("192.0.2.9"), random, test::kIn2030);
  static const std::string flight = [&] {  // to this very client, which says the same each time
    test::TlsServer server(1);
    server.in = as_text(client.unsent());
    server.run();
    return server.out;
  }();
  client.sent(client.unsent().size());
  std::string said = flight.substr(0, genuine);
  said += as_text(Bytes(data + 2, size - 2));
  while (!said.empty() && client.state() != tls::State::Over) {
    MutableBytes room = client.room();
    size_t count = std::min({room.size(), piece, said.size()});
    if (count == 0) {
      if (client.unsent().empty()) std::abort();  // nothing would ever move
      client.sent(client.unsent().size());
      continue;
    }
    std::copy_n(said.begin(), count, room.begin());
    said.erase(0, count);
    client.received(count);
    if (client.state() == tls::State::Ready) std::abort();
  }
  for (char character : client.error())
    if (character < 0x20 || character > 0x7e) std::abort();
  return 0;
}
