// The state of a training run on disk, and that it is the state of this run.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "fovea/base/json.hpp"
#include "fovea/data/annotated_dataset.hpp"
#include "fovea/data/dataset.hpp"
#include "fovea/training/state_folder.hpp"
#include "fovea/training/trainer.hpp"

namespace fovea {

/// The part of a state that holds the facts.
inline constexpr const char* kRunPart = "run";

/// What a training goes on with: what differs here would make another training of it.
struct RunFacts {
  Json recipe;
  Json data;                 ///< data_facts()
  Json preprocessing;        ///< measured once; a resumed run takes it from its state
  std::string instructions;  ///< the instruction set that computes: another one gives other last bits
  void visit_state(StateArchive archive);
};

/// Numbers of images, classes, and a checksum of the samples' names and labels (of detectors' data: objects). The pixels are not looked at.
Json data_facts(const ClassificationDataset& train, const ClassificationDataset& validation);
Json data_facts(const AnnotatedDataset& train, const AnnotatedDataset& validation);

/// `state/` in a run folder.
class RunState {
 public:
  explicit RunState(const std::filesystem::path& run_folder);

  /// Whether there is a state that somebody could want to resume: one that cannot be read, or that has trained at least a batch.
  static bool is_worth_keeping(const std::filesystem::path& run_folder);

  /// Reads the state, if there is one, and gives its facts. A state before it that had to serve is said through `log`.
  std::optional<RunFacts> load(const std::function<void(const std::string& line)>& log);
  /// Puts the state that was read into the trainer. Throws FileError when it does not fit.
  void restore(Trainer& trainer);
  void save(const TrainingState& state, RunFacts facts);
  /// Beside the states; gives the file.
  std::filesystem::path save_replay(const TrainingState& replay, RunFacts facts) const;

 private:
  StateFolder folder_;
  std::optional<StateFolder::Loaded> loaded_;
};

/// Throw OptionError naming the first setting, or what of the data, that is not as it was when the run began.
void require_same_recipe(const Json& begun, const Json& now);
void require_same_data(const Json& begun, const Json& now);

}  // namespace fovea
