#include "fovea/segmentation/segmentation_batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/vision/input_transform.hpp"

namespace fovea {

namespace {

void write_labels(const cv::Mat& labels, std::int64_t* destination) {
  for (int y = 0; y < labels.rows; ++y, destination += labels.cols)
    if (labels.type() == CV_8UC1)
      std::copy_n(labels.ptr<std::uint8_t>(y), labels.cols, destination);
    else
      std::copy_n(labels.ptr<std::uint16_t>(y), labels.cols, destination);
}

void write_border_weights(const cv::Mat& labels, int ignored, const BorderWeightOptions& options, float* destination) {
  cv::Mat objects;
  cv::connectedComponents((labels != 0) & (labels != ignored), objects, 8, CV_32S);
  const cv::Mat weights = border_weights(objects, options);
  for (int y = 0; y < weights.rows; ++y, destination += weights.cols) std::copy_n(weights.ptr<float>(y), weights.cols, destination);
}

/// Fills the places of one sample in a batch.
void fill_sample(SegmentationBatch& batch, std::int64_t place, const SegmentationDataset& dataset, std::int64_t index, std::int64_t epoch,
                 const SegmentationBatchOptions& options) {
  const SegmentationSample sample = dataset.get(index);
  if (sample.image.empty())
    throw OptionError(fmt::format("\"{}\" is a label map without a picture: there is nothing to learn from", sample.id));
  const auto transform =
      input_transform(sample.image.size(), options.preprocessing, options.augmentation.get(), sample_stream(options.seed, epoch, index));
  const cv::Mat labels = transform->apply_labels(sample.labels, dataset.ignored());
  const Preprocessing& p = options.preprocessing;
  const std::int64_t pixels = std::int64_t{p.height} * p.width;
  p.fill(transform->apply(sample.image), batch.images.mutable_data<float>() + place * pixels * p.channels);
  write_labels(labels, batch.labels.mutable_data<std::int64_t>() + place * pixels);
  if (options.borders)
    write_border_weights(labels, dataset.ignored(), *options.borders, batch.pixel_weights.mutable_data<float>() + place * pixels);
  batch.indices.push_back(index);
}

}  // namespace

void visit_state(SegmentationBatch& batch, StateArchive archive) {
  archive.any_tensor("images", batch.images);
  archive.any_tensor("labels", batch.labels);
  if (batch.pixel_weights.defined() || archive.holds("pixel_weights")) archive.any_tensor("pixel_weights", batch.pixel_weights);
}

std::unique_ptr<BatchLoader<SegmentationBatch>> load_segmentation_batches(const SegmentationDataset& dataset,
                                                                          std::vector<std::int64_t> order, std::int64_t epoch,
                                                                          const SegmentationBatchOptions& options,
                                                                          std::int64_t first_batch) {
  const std::int64_t batches = (std::ssize(order) + options.batch - 1) / options.batch;
  const auto make = [&dataset, order = std::move(order), epoch, options, first_batch](std::int64_t place) {
    const Preprocessing& p = options.preprocessing;
    const std::int64_t begin = (first_batch + place) * options.batch, end = std::min(begin + options.batch, std::ssize(order));
    SegmentationBatch batch{.images = Tensor::empty({end - begin, p.height, p.width, p.channels}),
                            .labels = Tensor::empty({end - begin, p.height, p.width}, DType::i64)};
    if (options.borders) batch.pixel_weights = Tensor::empty({end - begin, p.height, p.width});
    for (std::int64_t i = begin; i < end; ++i) fill_sample(batch, i - begin, dataset, order[static_cast<std::size_t>(i)], epoch, options);
    return batch;
  };
  return std::make_unique<BatchLoader<SegmentationBatch>>(batches - first_batch, make, BatchLoaderOptions{.workers = options.workers});
}

}  // namespace fovea
