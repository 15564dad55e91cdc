#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <opencv2/dnn.hpp>

#include "fovea/autograd/ops/permute.hpp"
#include "fovea/base/error.hpp"
#include "fovea/pipelines/engine.hpp"

namespace fovea {

namespace {

/// What OpenCV says, without its place in OpenCV's sources.
std::string reason_of(const cv::Exception& error) { return error.err.empty() ? error.what() : error.err; }

class DnnEngine final : public Engine {
 public:
  explicit DnnEngine(DnnModel model) : model_(std::move(model)) {
    require_device();
    auto net = make_net();
    choose_outputs(*net);
    idle_.push_back(std::move(net));
  }

  std::int64_t largest_batch() const override { return model_.largest_batch; }

  std::vector<NamedTensor> run(const Tensor& batch) const override {
    const Tensor planes = permute(Variable(batch), {0, 3, 1, 2}).value();
    std::vector<int> sizes(planes.shape().begin(), planes.shape().end());
    const cv::Mat blob(sizes, CV_32F, planes.raw_data());
    std::unique_ptr<cv::dnn::Net> net = take();
    std::vector<cv::Mat> results;
    try {
      net->setInput(blob);
      net->forward(results, layers_);
    } catch (const cv::Exception& error) {
      throw FileError(model_.where, fmt::format("OpenCV cannot run it on {}: {}", batch.shape().to_string(), reason_of(error)));
    }
    std::vector<NamedTensor> outputs;
    for (std::size_t i = 0; i < results.size(); ++i) outputs.push_back({model_.outputs[i].name, copied(results[i])});
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(net));
    return outputs;
  }

  void require_device() const {
    if (model_.device == "cpu") return;
    if (model_.device != "cuda") throw OptionError(fmt::format("the engine opencv-dnn runs on cpu or cuda, found \"{}\"", model_.device));
    const std::vector<cv::dnn::Target> targets = cv::dnn::getAvailableTargets(cv::dnn::DNN_BACKEND_CUDA);
    if (std::find(targets.begin(), targets.end(), cv::dnn::DNN_TARGET_CUDA) == targets.end())
      throw OptionError(fmt::format("this OpenCV ({}) was built without CUDA for its networks, or finds no device", CV_VERSION));
  }

  std::unique_ptr<cv::dnn::Net> make_net() const {
    try {
      auto net = std::make_unique<cv::dnn::Net>(read());
      if (net->empty()) throw FileError(model_.where, "holds no network for OpenCV");
      const bool cuda = model_.device == "cuda";
      net->setPreferableBackend(cuda ? cv::dnn::DNN_BACKEND_CUDA : cv::dnn::DNN_BACKEND_OPENCV);
      net->setPreferableTarget(cuda ? cv::dnn::DNN_TARGET_CUDA : cv::dnn::DNN_TARGET_CPU);
      return net;
    } catch (const cv::Exception& error) {
      throw FileError(model_.where,
                      fmt::format("is not a network that OpenCV {} reads as {}: {}", CV_VERSION, name_of(model_.format), reason_of(error)));
    }
  }

  cv::dnn::Net read() const {
    switch (model_.format) {
      case DnnModel::Format::onnx:
        return cv::dnn::readNetFromONNX(model_.weights);
      case DnnModel::Format::caffe:
        return cv::dnn::readNetFromCaffe(model_.description, model_.weights);
      case DnnModel::Format::darknet:
        return cv::dnn::readNetFromDarknet(model_.description, model_.weights);
      case DnnModel::Format::tensorflow:
        return cv::dnn::readNetFromTensorflow(model_.weights, model_.description);
    }
    return {};
  }

  void choose_outputs(const cv::dnn::Net& net) {
    if (model_.outputs.empty())
      for (const std::string& name : net.getUnconnectedOutLayersNames()) model_.outputs.push_back({name, name});
    const std::vector<std::string> known = net.getLayerNames();
    for (const DnnModel::Output& output : model_.outputs) {
      if (std::find(known.begin(), known.end(), output.layer) == known.end())
        throw FileError(model_.where,
                        fmt::format("has no layer \"{}\"; its last ones: {}", output.layer,
                                    fmt::join(known.end() - std::min<std::ptrdiff_t>(8, std::ssize(known)), known.end(), ", ")));
      layers_.push_back(output.layer);
    }
  }

  std::unique_ptr<cv::dnn::Net> take() const {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto net = std::move(idle_.back());
        idle_.pop_back();
        return net;
      }
    }
    return make_net();
  }

  /// The network's own memory is written again by its next run.
  static Tensor copied(const cv::Mat& result) {
    std::vector<std::int64_t> extents(result.size.p, result.size.p + result.dims);
    Tensor tensor = Tensor::empty(Shape(extents));
    cv::Mat whole = result.isContinuous() ? result : result.clone();
    std::memcpy(tensor.raw_data(), whole.data, tensor.bytes());
    return tensor;
  }

  DnnModel model_;
  std::vector<cv::String> layers_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<cv::dnn::Net>> idle_;
};

}  // namespace

const char* name_of(DnnModel::Format format) {
  constexpr const char* kNames[] = {"onnx", "caffe", "darknet", "tensorflow"};
  return kNames[static_cast<std::size_t>(format)];
}

std::unique_ptr<Engine> make_dnn_engine(DnnModel model) { return std::make_unique<DnnEngine>(std::move(model)); }

}  // namespace fovea
