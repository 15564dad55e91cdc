#include "catalogue_detector.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"
#include "fovea/pipelines/train_detector.hpp"

namespace fovea {

namespace {

std::string output_name(std::size_t map) { return fmt::format("predictions_{}", map); }

std::vector<NamedVariable> outputs_of(OneStageDetector& network, const Variable& batch) {
  std::vector<NamedVariable> outputs;
  for (Variable& prediction : network.forward(batch)) outputs.push_back({output_name(outputs.size()), std::move(prediction)});
  return outputs;
}

/// The head's own decoding, of one image of the batch.
OutputDecoder head_decoder(const std::shared_ptr<const OneStageDetector>& network) {
  return [network](std::span<const NamedTensor> outputs, const DecodeRequest& request, Detections& candidates) {
    std::vector<Tensor> predictions;
    for (std::size_t map = 0; map < outputs.size(); ++map)
      predictions.push_back(find_output(outputs, output_name(map)).slice(request.image, request.image + 1));
    const std::vector<Detections> found = network->head().decode(predictions, request.confidence);
    candidates.insert(candidates.end(), found.front().begin(), found.front().end());
  };
}

}  // namespace

DetectionPipeline load_catalogue_detector(const ModelFile& file, const std::string& where, const DetectorLoadOptions& options) {
  if (options.engine != "fovea")
    throw OptionError(fmt::format("{} is a detector of fovea's own: the engine {} cannot run it", where, options.engine));
  TrainedDetector detector = TrainedDetector::from(file, where);
  const std::shared_ptr<OneStageDetector> network = std::move(detector.network);
  auto engine = make_eager_engine(
      network, [network](const Variable& batch) { return outputs_of(*network, batch); }, options.precision);
  return {std::move(engine), head_decoder(network), detector.preprocessing, detector.labels};
}

}  // namespace fovea
