// Networks by name: the one place that knows them all.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

/// What a network's first layer sees.
struct NetworkInput {
  std::int64_t height = 0, width = 0, channels = 0;
};

/// What a network's outputs mean.
enum class NetworkTask : std::uint8_t {
  classify,  ///< logits [N,classes]
  segment,   ///< logits [N,H,W,classes]
};

struct CatalogueEntry {
  std::string name;         ///< "lenet5"
  std::string summary;      ///< one line
  std::int64_t image_size;  ///< side that the network is usually run at
  NetworkTask task = NetworkTask::classify;
  bool fitted = false;  ///< a FeatureClassifier: learns at once from designed features, not in epochs
};

/// Every network, in the order in which help texts list them.
std::vector<CatalogueEntry> network_catalogue();

/// The entry of a network. Throws OptionError on unknown names, naming the nearest known one.
CatalogueEntry require_network(const std::string& name);
/// The same for `--task classify`: throws OptionError for networks that are no classifiers too.
CatalogueEntry require_classifier(const std::string& name);

/// The full description of a network: its name, its input, its classes and every option, defaults filled in. `options` holds the
/// options that differ from the defaults, or is empty. Throws OptionError on unknown names and keys, naming the nearest known one.
Json network_architecture(const std::string& name, const NetworkInput& input, std::int64_t classes, const Json& options);
/// The description with all defaults, those of the input's channels and the number of classes too.
Json default_architecture(const std::string& name);

/// Builds the network of a description that network_architecture() made. `where` names the description in errors.
std::unique_ptr<Layer> build_network(const Json& architecture, const std::string& where);
/// The same for a classifier: throws OptionError for other networks.
std::unique_ptr<Layer> build_classifier(const Json& architecture, const std::string& where);

}  // namespace fovea
