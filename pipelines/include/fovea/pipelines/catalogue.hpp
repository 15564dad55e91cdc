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

struct CatalogueEntry {
  std::string name;         ///< "lenet5"
  std::string summary;      ///< one line
  std::int64_t image_size;  ///< side that the network is usually run at
};

/// Every classifier, in the order in which help texts list them.
std::vector<CatalogueEntry> classifier_catalogue();

/// The full description of a classifier: its name, its input, its classes and every option, defaults filled in. `options` holds the
/// options that differ from the defaults, or is empty. Throws OptionError on unknown names and keys, naming the nearest known one.
Json classifier_architecture(const std::string& name, const NetworkInput& input, std::int64_t classes, const Json& options);

/// Builds the network of a description that classifier_architecture() made. `where` names the description in errors.
std::unique_ptr<Layer> build_classifier(const Json& architecture, const std::string& where);

}  // namespace fovea
