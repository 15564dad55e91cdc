// Weights kept during training.
#pragma once

#include <filesystem>
#include <functional>

#include "fovea/training/trainer.hpp"

namespace fovea {

/// Saves `last.fovea` after every epoch and `best.fovea` after the best so far.
class CheckpointHook final : public TrainerHook {
 public:
  /// `save` writes the model as it is now, as a whole or not at all.
  using Save = std::function<void(const std::filesystem::path& path, const EpochReport& report)>;
  CheckpointHook(std::filesystem::path folder, Save save);
  void on_epoch(const EpochReport& report) override;

 private:
  std::filesystem::path folder_;
  Save save_;
};

}  // namespace fovea
