// A classifier that is quick to build and to run.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "fovea/pipelines/catalogue.hpp"
#include "fovea/pipelines/classification_pipeline.hpp"

namespace fovea::test {

inline Json small_architecture(const std::string& model = "lenet5", std::int64_t channels = 3) {
  const Json options = model == "lenet5" ? Json{{"filters1", 4}, {"filters2", 6}, {"hidden", 16}} : Json{{"widths", {4, 8}}};
  return network_architecture(model, {.height = 16, .width = 12, .channels = channels}, 3, options);
}

inline Preprocessing small_preprocessing(std::int64_t channels = 3) {
  Preprocessing preprocessing;
  preprocessing.width = 12;
  preprocessing.height = 16;
  preprocessing.channels = static_cast<int>(channels);
  for (std::int64_t c = 0; c < channels; ++c) {
    preprocessing.mean.push_back(0.3 + 0.1 * static_cast<double>(c));
    preprocessing.deviation.push_back(0.25);
  }
  return preprocessing;
}

/// With weights drawn from `seed`: it has learned nothing, but every image gets its own probabilities.
inline ClassificationPipeline small_classifier(const std::string& model = "lenet5", std::int64_t channels = 3, std::uint64_t seed = 7) {
  const Json architecture = small_architecture(model, channels);
  std::unique_ptr<Layer> network = build_classifier(architecture, "test");
  initialize(*network, seed);
  return {std::move(network), architecture.dump(), small_preprocessing(channels), {"bar", "disc", "square"}};
}

}  // namespace fovea::test
