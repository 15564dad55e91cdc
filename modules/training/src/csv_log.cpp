#include "fovea/training/csv_log.hpp"

#include <fmt/format.h>

#include "fovea/base/file.hpp"

namespace fovea {

void CsvLogHook::on_epoch(const EpochReport& report) {
  if (text_.empty()) {
    text_ = "epoch,seconds,images_per_second,learning_rate,train_loss";
    for (const auto& [name, value] : report.validation) text_ += "," + name;
    text_ += "\n";
  }
  // {} prints the shortest digits that read back to the same double.
  text_ += fmt::format("{},{:.3f},{:.1f},{},{}", report.epoch + 1, report.seconds, report.images_per_second, report.learning_rate,
                       report.train_loss);
  for (const auto& [name, value] : report.validation) text_ += fmt::format(",{}", value);
  text_ += "\n";
  write_file(file_, text_);
}

}  // namespace fovea
