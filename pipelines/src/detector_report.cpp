#include "fovea/pipelines/detector_report.hpp"

#include <nlohmann/json.hpp>

#include "darknet_detector.hpp"
#include "fovea/interchange/darknet_config.hpp"
#include "fovea/pipelines/darknet_network.hpp"
#include "fovea/pipelines/train_detector.hpp"

namespace fovea {

namespace {

/// A detector as a layer that gives its first prediction; the others are computed on the way.
class FirstPrediction final : public Layer {
 public:
  explicit FirstPrediction(std::unique_ptr<OneStageDetector> detector) : detector_(std::move(detector)) {
    register_module("detector", *detector_);
  }
  Variable forward(const Variable& x) override { return detector_->forward(x).front(); }

 private:
  std::unique_ptr<OneStageDetector> detector_;
};

NetworkReport report_darknet(DarknetNetwork& network, int height, int width, int channels) {
  network.set_fused(false);
  return report_network(network, height, width, channels);
}

}  // namespace

NetworkReport report_detector(const ModelFile& file, const std::string& where) {
  const Preprocessing p = Preprocessing::from_json(parse_json(file.metadata.preprocessing, where), "preprocessing");
  if (is_darknet_detector(file, where)) return report_darknet(*load_darknet_network(file, where), p.height, p.width, p.channels);
  FirstPrediction network(TrainedDetector::from(file, where).network);
  return report_network(network, p.height, p.width, p.channels);
}

std::optional<NetworkReport> report_detector(const std::filesystem::path& path) {
  if (path.extension() == ".json" || path.extension() == ".onnx") return std::nullopt;
  if (path.extension() != ".cfg") return report_detector(load_model_file(path), path.string());
  const DarknetConfig config = read_darknet_config(path);
  DarknetNetwork network(config, path.string());
  return report_darknet(network, static_cast<int>(config.net.height), static_cast<int>(config.net.width),
                        static_cast<int>(config.net.channels));
}

}  // namespace fovea
