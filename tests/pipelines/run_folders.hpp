// Logs of trainings that never were, with known faults.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "support/temporary_folder.hpp"

namespace fovea::test {

/// Columns of results.csv, one number an epoch.
struct EpochColumn {
  std::string name;
  std::vector<double> values;
};

/// NAME/results.csv
inline std::filesystem::path write_results(const TemporaryFolder& folder, const std::string& name,
                                           const std::vector<EpochColumn>& columns) {
  std::string text = "epoch";
  for (const EpochColumn& column : columns) text += "," + column.name;
  for (std::size_t epoch = 0; epoch < columns.front().values.size(); ++epoch) {
    text += "\n" + std::to_string(epoch + 1);
    for (const EpochColumn& column : columns) text += "," + Json(column.values[epoch]).dump();
  }
  folder.write(name + "/results.csv", text + "\n");
  return folder / name;
}

inline std::string log_line(const Json& json) { return json.dump() + "\n"; }

}  // namespace fovea::test
