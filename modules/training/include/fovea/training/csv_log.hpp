// results.csv: one row an epoch.
#pragma once

#include <filesystem>
#include <string>

#include "fovea/training/trainer.hpp"

namespace fovea {

/// Columns: epoch (from 1), seconds, images_per_second, learning_rate, train_loss, then the validation metrics by name.
/// The file is replaced as a whole after every epoch, so that a reader never sees half a row.
class CsvLogHook final : public TrainerHook {
 public:
  explicit CsvLogHook(std::filesystem::path file) : file_(std::move(file)) {}
  void on_epoch(const EpochReport& report) override;
  void visit_state(const StateArchive& archive) override { archive.part("csv_log").value("text", text_); }

 private:
  std::filesystem::path file_;
  std::string text_;
};

}  // namespace fovea
