// Training states on disk, where a power cut, a full disk or a flipped bit costs at most the time since the state before.
//
// A state file is a safetensors file with 24 bytes behind it: "fovState", the number of bytes before them, and a checksum (XXH3-64) of
// those bytes and their number. It is written under a temporary name, synced, renamed; then the folder is synced.
#pragma once

#include <filesystem>
#include <string>

#include "fovea/training/training_state.hpp"

namespace fovea {

/// Replaces `path` as a whole. Throws FileError, and then the old file is untouched.
void write_state_file(const std::filesystem::path& path, const TrainingState& state);

/// Throws FileError for a file that is missing, cut short, changed in any byte, or of a newer format.
TrainingState read_state_file(const std::filesystem::path& path);

/// A folder with the latest state of a training and the one before. It belongs to one process at a time.
class StateFolder {
 public:
  /// Creates the folder and removes what a killed process left half written. Throws FileError when another process trains there.
  explicit StateFolder(std::filesystem::path folder);
  ~StateFolder();
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;

  /// Whether there is a state, readable or not.
  static bool holds_state(const std::filesystem::path& folder);
  std::filesystem::path path() const { return latest_.parent_path(); }

  /// Keeps the latest state as the one before, unless it was found damaged. Throws FileError, and then what was there still is.
  void save(const TrainingState& state);

  struct Loaded {
    TrainingState state;
    std::filesystem::path file;
    std::string warning;  ///< why it is not the latest one; usually empty
  };
  /// The latest state that is whole. Throws FileError saying what is wrong with both when neither is.
  Loaded load();

 private:
  std::filesystem::path latest_, previous_;
  int lock_ = -1;
  bool latest_is_whole_ = false;
};

}  // namespace fovea
