#include "fovea/pipelines/classification_pipeline.hpp"

#include <fmt/ranges.h>

#include <new>
#include <nlohmann/json.hpp>

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/cast.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"
#include "fovea/classification/feature_classifier.hpp"
#include "fovea/interchange/model_file.hpp"
#include "fovea/nn/layer_output.hpp"
#include "fovea/pipelines/catalogue.hpp"
#include "picture_batch.hpp"

namespace fovea {

ClassificationPipeline::ClassificationPipeline(std::unique_ptr<Layer> network, std::string architecture, Preprocessing preprocessing,
                                               std::vector<std::string> labels)
    : network_(std::move(network)),
      architecture_(std::move(architecture)),
      preprocessing_(std::move(preprocessing)),
      labels_(std::move(labels)) {
  std::int64_t classes = 0;
  read_option(parse_json(architecture_, "architecture"), "classes", classes, "architecture");
  if (classes != static_cast<std::int64_t>(labels_.size()))
    throw OptionError(fmt::format("the network has {} classes but {} labels are given", classes, labels_.size()));
  network_->eval();
}

ClassificationPipeline::~ClassificationPipeline() = default;

ClassificationPipeline ClassificationPipeline::load(const std::filesystem::path& path) {
  const std::string where = path.string();
  const ModelFile file = load_model_file(path);
  if (file.metadata.task != "classify")
    throw FileError(where, fmt::format("holds a model for the task \"{}\", expected a classifier (\"classify\")", file.metadata.task));
  try {
    auto network = build_classifier(parse_json(file.metadata.architecture, where), "architecture");
    load_state(file.tensors, network->state_dict(), where);
    Preprocessing preprocessing = Preprocessing::from_json(parse_json(file.metadata.preprocessing, where), "preprocessing");
    ClassificationPipeline pipeline(std::move(network), file.metadata.architecture, std::move(preprocessing), file.metadata.labels);
    pipeline.set_training(file.metadata.training);
    return pipeline;
  } catch (const FileError&) {
    throw;
  } catch (const Error& error) {  // what would be a wrong option or shape elsewhere is a damaged file here
    throw FileError(where, error.what());
  } catch (const std::bad_alloc&) {
    throw FileError(where, "describes a network that does not fit in this machine's memory");
  }
}

void ClassificationPipeline::save(const std::filesystem::path& path) const {
  const ModelMetadata metadata{.task = "classify",
                               .architecture = architecture_,
                               .labels = labels_,
                               .preprocessing = preprocessing_.to_json().dump(),
                               .training = training_};
  save_model(path, network_->state_dict(), metadata);
}

std::vector<Classification> ClassificationPipeline::run(std::span<const cv::Mat> images) const {
  std::vector<Classification> results;
  if (images.empty()) return results;
  const Tensor probabilities = classify_batch(*network_, picture_batch(images, preprocessing_, "classify"), precision_);
  const std::size_t classes = labels_.size();
  for (std::size_t i = 0; i < images.size(); ++i)
    results.push_back(decode_classification(probabilities.span<float>().subspan(i * classes, classes), labels_));
  return results;
}

Classification ClassificationPipeline::run(const cv::Mat& image) const { return std::move(run(std::span(&image, 1)).front()); }

Tensor ClassificationPipeline::features(std::span<const cv::Mat> images, const std::string& layer) const {
  const Tensor batch = picture_batch(images, preprocessing_, "classify");
  if (auto* const classical = dynamic_cast<FeatureClassifier*>(network_.get()); classical != nullptr && layer.empty())
    return classical->features().extract(batch);
  const NoGradGuard no_grad;
  const Variable output = cast(Variable(layer_output(*network_, cast(Variable(batch), precision_), layer)), DType::f32);
  return (output.shape().rank() == 4 ? global_average_pool2d(output) : flatten(output)).value();
}

ClassificationMetrics ClassificationPipeline::evaluate(const ClassificationDataset& dataset, std::int64_t batch, int workers,
                                                       const StopToken& stop) const {
  if (dataset.labels() != labels_)
    throw OptionError(
        fmt::format("the data has the classes [{}] but the model has [{}]", fmt::join(dataset.labels(), ", "), fmt::join(labels_, ", ")));
  return evaluate_classifier(
      *network_, dataset, {.preprocessing = preprocessing_, .augmentation = nullptr, .batch = batch, .workers = workers}, precision_, stop);
}

}  // namespace fovea
