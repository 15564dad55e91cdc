#include "fovea/training/checkpoint.hpp"

namespace fovea {

CheckpointHook::CheckpointHook(std::filesystem::path folder, Save save) : folder_(std::move(folder)), save_(std::move(save)) {}

void CheckpointHook::on_epoch(const EpochReport& report) {
  if (report.best) save_(folder_ / "best.fovea", report);
  save_(folder_ / "last.fovea", report);
}

}  // namespace fovea
