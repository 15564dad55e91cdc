// Ctrl-C and kill, for verbs that can stop and go on later.
#pragma once

#include "fovea/base/stop_token.hpp"

namespace fovea::cli {

/// For its lifetime the first SIGINT or SIGTERM asks `stop` to stop, and a second one ends the program at once, with 128 + its number.
/// One at a time: handlers belong to the whole process.
class StopSignals {
 public:
  explicit StopSignals(const StopToken& stop);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// 128 + the number of the signal that came, as shells report it; 0 when none did.
  int exit_code() const;
};

}  // namespace fovea::cli
