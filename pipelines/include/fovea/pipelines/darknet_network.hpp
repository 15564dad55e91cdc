// Networks from Darknet's descriptions.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fovea/interchange/darknet_weights.hpp"
#include "fovea/interchange/model_file.hpp"
#include "fovea/nn/module.hpp"
#include "fovea/pipelines/engine.hpp"

namespace fovea {

/// The network of a description. [N,H,W,C] with values in 0..1 -> what goes into its [yolo], [region] and [detection] layers: their
/// decoding is not part of it. Children layers.<number> where a layer has parameters: conv and norm, or
/// linear and norm.
class DarknetNetwork final : public Layer {
 public:
  /// Throws FileError naming `where` when the layers do not fit each other.
  explicit DarknetNetwork(DarknetConfig config, const std::string& where = "description");
  ~DarknetNetwork() override;

  /// The last of outputs().
  Variable forward(const Variable& x) override;
  /// What each decoding layer takes, in their order, as "yolo_121", "region_30" ([N,h,w,channels]) or "detection_27" ([N,values], channels
  /// first); the number is the layer's. A network without such layers has one output, "output", its last layer's.
  std::vector<NamedVariable> outputs(const Variable& x);
  std::vector<std::string> output_names() const;

  /// Whether evaluation computes a convolution and what follows it in one pass, as it does at first; otherwise one operation each, to be
  /// watched.
  void set_fused(bool fuses) { fuses_ = fuses; }

  const DarknetConfig& config() const { return config_; }
  const std::vector<DarknetShape>& shapes() const { return shapes_; }

 private:
  class Unit;
  class ConvolutionUnit;
  class ConnectedUnit;
  class DropoutUnit;

  void plan();
  std::vector<std::int64_t> sources_of(std::size_t layer) const;
  Variable run_layer(std::size_t layer, const Variable& x, std::span<const Variable> results);

  bool fuses_ = true;
  DarknetConfig config_;
  std::vector<DarknetShape> shapes_;
  std::vector<std::unique_ptr<Unit>> units_;  // one for each layer; null where there is nothing to keep
  std::vector<std::size_t> last_use_;         // of each layer's result: the layer that needs it last
  std::vector<std::int64_t> residual_of_;     // of a convolution that does a shortcut's sum too: what is added; -1 elsewhere
  std::vector<bool> is_summed_;               // shortcuts whose sum the convolution has done
};

/// The weights under the names of a DarknetNetwork's state, in file layout; layers.0.norm.running_mean and so on.
std::vector<NamedTensor> darknet_state(const DarknetConfig& config, const DarknetWeights& weights);
/// The other way: what `state`, a DarknetNetwork's, holds. Throws OptionError when a tensor is missing.
DarknetWeights darknet_weights(const DarknetConfig& config, const StateDict& state);

/// The network of a model file that was imported from Darknet, with its weights, in evaluation mode. Throws FileError for other files,
/// which `where` names.
std::unique_ptr<DarknetNetwork> load_darknet_network(const ModelFile& file, const std::string& where);

}  // namespace fovea
