#include "fovea/segmentation/evaluate_segmenter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "fovea/autograd/ops/cast.hpp"
#include "fovea/base/error.hpp"
#include "fovea/segmentation/label_prediction.hpp"

namespace fovea {

namespace {

/// The middle of a map [N,H,W], as large as the logits.
template <class Value>
Tensor middle_of(const Tensor& map, const Tensor& logits) {
  const std::int64_t height = logits.extent(1), width = logits.extent(2);
  const std::int64_t rows = map.extent(1) - height, columns = map.extent(2) - width;
  if (rows == 0 && columns == 0) return map;
  if (rows < 0 || columns < 0)
    throw ShapeError(
        fmt::format("[segmenter] the logits {} are larger than the label maps {}", logits.shape().to_string(), map.shape().to_string()));
  Tensor middle = Tensor::empty({map.extent(0), height, width}, map.dtype());
  auto* out = middle.mutable_data<Value>();
  for (std::int64_t n = 0; n < map.extent(0); ++n)
    for (std::int64_t y = 0; y < height; ++y, out += width)
      std::copy_n(map.data<Value>() + (n * map.extent(1) + rows / 2 + y) * map.extent(2) + columns / 2, width, out);
  return middle;
}

SegmentationLosses losses_of(const Variable& logits, const SegmentationBatch& batch, const SegmentationLossOptions& options) {
  const Tensor weights = batch.pixel_weights.defined() ? middle_of<float>(batch.pixel_weights, logits.value()) : Tensor();
  return segmentation_loss(logits, middle_of<std::int64_t>(batch.labels, logits.value()), options, weights);
}

Variable logits_of(Layer& network, const SegmentationBatch& batch, DType precision) {
  return cast(network(cast(Variable(batch.images), precision)), DType::f32);
}

/// The batches of a run one after the other: of the network's size, or a picture each in its own.
class Batches {
 public:
  Batches(const SegmentationDataset& dataset, const SegmenterRun& run) : dataset_(dataset), options_(run.batches), own_size_(run.own_size) {
    options_.augmentation = nullptr;
    order_.resize(static_cast<std::size_t>(dataset.size()));
    std::iota(order_.begin(), order_.end(), 0);
    if (!own_size_) loader_ = load_segmentation_batches(dataset, order_, 0, options_);
  }

  std::int64_t count() const { return own_size_ ? dataset_.size() : loader_->batches(); }
  SegmentationBatch next() {
    if (!own_size_) return loader_->next();
    SegmentationBatchOptions own = options_;
    own.workers = 0;
    const cv::Size size = dataset_.label_map(next_).size();
    own.preprocessing.width = size.width;
    own.preprocessing.height = size.height;
    return load_segmentation_batches(dataset_, {next_++}, 0, own)->next();
  }

 private:
  const SegmentationDataset& dataset_;
  SegmentationBatchOptions options_;
  bool own_size_;
  std::vector<std::int64_t> order_;
  std::unique_ptr<BatchLoader<SegmentationBatch>> loader_;
  std::int64_t next_ = 0;
};

/// Counts the pixels of one picture, as far as something was found.
void count_pixels(PixelConfusion& confusion, cv::Mat truth, const cv::Mat& found, const Preprocessing& preprocessing, int ignored) {
  const cv::Mat in_picture = labels_in_picture(found, *preprocessing.geometry(truth.size()), ignored);
  truth.setTo(ignored, in_picture == ignored);
  confusion.add(truth, in_picture);
}

}  // namespace

SegmentationLosses batch_losses(Layer& network, const SegmentationBatch& batch, const SegmentationLossOptions& options, DType precision) {
  return losses_of(logits_of(network, batch, precision), batch, options);
}

SegmenterEvaluation run_segmenter(Layer& network, const SegmentationDataset& dataset, const SegmenterRun& run) {
  const NoGradGuard no_grad;
  SegmenterEvaluation evaluation{.confusion = PixelConfusion(std::ssize(dataset.labels()))};
  Batches batches(dataset, run);
  for (std::int64_t i = 0; i < batches.count(); ++i) {
    if (run.stop.requested()) throw Stopped();
    const SegmentationBatch batch = batches.next();
    const Variable logits = logits_of(network, batch, run.precision);
    const double share = static_cast<double>(batch.images.extent(0)) / static_cast<double>(dataset.size());
    evaluation.loss += share * losses_of(logits, batch, run.loss).total.item();
    Preprocessing preprocessing = run.batches.preprocessing;
    preprocessing.width = static_cast<int>(batch.images.extent(2));
    preprocessing.height = static_cast<int>(batch.images.extent(1));
    for (std::size_t k = 0; k < batch.indices.size(); ++k)
      count_pixels(evaluation.confusion, dataset.label_map(batch.indices[k]).clone(),
                   most_likely_classes(logits.value(), static_cast<std::int64_t>(k), dataset.map_type()), preprocessing, dataset.ignored());
  }
  return evaluation;
}

}  // namespace fovea
