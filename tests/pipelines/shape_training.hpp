// What tests of trainings on pictures of shapes stand on.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "fovea/base/file.hpp"
#include "fovea/base/text.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/pipelines/train_classifier.hpp"
#include "shape_recipes.hpp"
#include "support/shape_pictures.hpp"
#include "support/temporary_folder.hpp"

namespace fovea::test {

class ShapeTraining : public testing::Test {
 protected:
  /// train/ and val/, and a test/ whose images cannot be read.
  ShapeTraining() {
    write_shapes(data_ / "train", 12);
    write_shapes(data_ / "val", 4, 100);
    for (const std::string& shape : kShapes) data_.write("test/" + shape + "/1.png", "this is no picture");
  }

  ClassifierRecipe recipe() const { return small_shape_recipe(data_.path(), 0.01); }
  TrainResult train(const ClassifierRecipe& recipe, const std::string& name, int threads = 1, int workers = 0) const {
    kernels::Context context(threads);
    const kernels::ContextGuard guard(context);
    return train_classifier(recipe, {.out = runs_ / name, .workers = workers});
  }
  /// The bytes of the last weights of a run; they also tell the epoch's numbers.
  std::string weights(const std::string& name) const { return read_text_file(runs_ / (name + "/weights/last.fovea")); }

  TemporaryFolder data_, runs_;
};

inline std::vector<std::vector<std::string>> rows_of(const std::filesystem::path& csv) {
  std::vector<std::vector<std::string>> rows;
  for (const std::string& line : split(read_text_file(csv), '\n'))
    if (!line.empty()) rows.push_back(split(line, ','));
  return rows;
}

/// A column of results.csv, one number an epoch.
inline std::vector<double> column_of(const std::filesystem::path& csv, const std::string& name) {
  const auto rows = rows_of(csv);
  const auto column = static_cast<std::size_t>(std::find(rows[0].begin(), rows[0].end(), name) - rows[0].begin());
  std::vector<double> values;
  for (std::size_t row = 1; row < rows.size(); ++row) values.push_back(std::stod(rows[row].at(column)));
  return values;
}

}  // namespace fovea::test
