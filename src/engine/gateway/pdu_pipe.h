// SPDX-License-Identifier: MIT
// One direction of a relayed connection. Bytes are read into room(); once a whole PDU has come, and its header is valid
// for this direction, the pipe is complete(): unsent() is then to be written to the other side, and nothing more is
// read, so that a slow receiver holds back the sender. pop() lets go of the PDU and moves on to what was read beyond
// it. Its buffer is borrowed from Buffers while there is something in it; no length that a peer claims is trusted
// before it was checked. After a Drop the pipe is of no further use but for head(). A pipe that began with
// Content::Preface takes any bytes until begin_pdus().
#pragma once

#include <optional>

#include "engine/gateway/buffers.h"

namespace ck::gateway {

enum class Content : uint8_t { Preface, Pdus };

class PduPipe {
 public:
  PduPipe(Buffers& buffers, dcerpc::Direction direction, Content content = Content::Pdus)
      : buffers_(buffers), direction_(direction), content_(content) {}
  PduPipe(const PduPipe&) = delete;
  PduPipe& operator=(const PduPipe&) = delete;
  ~PduPipe() { clear(); }

  // False while a PDU waits to be sent.
  bool has_room() const { return !complete_ && filled_ < dcerpc::kMaxFragment; }
  // Where to read to. When nothing comes after all, received(0) gives an empty buffer back.
  MutableBytes room();
  // `count` bytes have been read into room().
  [[nodiscard]] std::optional<dcerpc::Drop> received(size_t count);

  bool complete() const { return complete_; }
  bool empty() const { return filled_ == 0; }
  // Of the PDU in the pipe; only while complete().
  const dcerpc::Header& header() const { return header_; }
  // The whole PDU in the pipe; only while complete().
  Bytes pdu() const { return complete_ ? Bytes(buffer_).first(header_.fragment_length) : Bytes(); }
  // Everything that is in the pipe.
  Bytes head() const { return Bytes(buffer_).first(filled_); }

  // The preface is over: `skip` bytes of head() were it, PDUs follow.
  [[nodiscard]] std::optional<dcerpc::Drop> begin_pdus(size_t skip);

  Bytes unsent() const { return complete_ ? pdu().subspan(sent_) : Bytes(); }
  void sent(size_t count);
  bool all_sent() const { return complete_ && sent_ == header_.fragment_length; }
  // The same PDU is to be sent once more, from its first byte (to another upstream).
  void rewind() { sent_ = 0; }
  // Forgets the PDU. What was read beyond it is looked at next, so the pipe may be complete() again at once.
  [[nodiscard]] std::optional<dcerpc::Drop> pop();
  // Forgets everything.
  void clear();

 private:
  std::optional<dcerpc::Drop> look();
  void drop_front(size_t count);

  Buffers& buffers_;
  MutableBytes buffer_;  // empty while none is borrowed
  dcerpc::Header header_;
  dcerpc::Direction direction_;
  Content content_;
  bool has_header_ = false;
  bool complete_ = false;
  uint16_t filled_ = 0;
  uint16_t sent_ = 0;
};

}  // namespace ck::gateway
