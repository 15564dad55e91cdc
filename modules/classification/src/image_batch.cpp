#include "fovea/classification/image_batch.hpp"

#include <algorithm>

#include "fovea/base/random.hpp"

namespace fovea {

namespace {

/// The stream that augments one sample in one epoch; the purpose keeps it apart from the stream that orders the epoch.
RandomStream augmentation_stream(std::uint64_t seed, std::int64_t epoch, std::int64_t index) {
  constexpr std::uint64_t kPurpose = 1;
  return RandomStream(seed, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(index), kPurpose);
}

/// The stream that mixes one batch.
RandomStream mixing_stream(std::uint64_t seed, std::int64_t epoch, std::int64_t batch) {
  constexpr std::uint64_t kPurpose = 2;
  return RandomStream(seed, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(batch), kPurpose);
}

void fill_sample(const ClassificationSample& sample, std::int64_t index, std::int64_t epoch, const ImageBatchOptions& options,
                 float* destination) {
  const Preprocessing& preprocessing = options.preprocessing;
  cv::Mat image = preprocessing.geometry(sample.image.size())->apply(sample.image);
  if (options.augmentation != nullptr) {
    RandomStream stream = augmentation_stream(options.seed, epoch, index);
    image = options.augmentation->draw(image.size(), stream)->apply(image);
  }
  preprocessing.fill(image, destination);
}

}  // namespace

std::unique_ptr<BatchLoader<ImageBatch>> load_batches(const ClassificationDataset& dataset, std::vector<std::int64_t> order,
                                                      std::int64_t epoch, const ImageBatchOptions& options, std::int64_t first_batch) {
  const auto samples = static_cast<std::int64_t>(order.size());
  const auto make = [&dataset, order = std::move(order), epoch, options, first_batch](std::int64_t place) {
    const std::int64_t batch = first_batch + place;
    const Preprocessing& p = options.preprocessing;
    const std::int64_t begin = batch * options.batch, end = std::min(begin + options.batch, static_cast<std::int64_t>(order.size()));
    ImageBatch result{.images = Tensor::empty({end - begin, p.height, p.width, p.channels}),
                      .labels = Tensor::empty({end - begin}, DType::i64)};
    const std::int64_t image_size = std::int64_t{p.height} * p.width * p.channels;
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t index = order[static_cast<std::size_t>(i)];
      const ClassificationSample sample = dataset.get(index);
      fill_sample(sample, index, epoch, options, result.images.mutable_data<float>() + (i - begin) * image_size);
      result.labels.mutable_data<std::int64_t>()[i - begin] = sample.label;
    }
    if (options.mixing.any()) {
      RandomStream stream = mixing_stream(options.seed, epoch, batch);
      mix_batch(result, static_cast<std::int64_t>(dataset.labels().size()), options.mixing, stream);
    }
    return result;
  };
  const std::int64_t batches = (samples + options.batch - 1) / options.batch;
  return std::make_unique<BatchLoader<ImageBatch>>(batches - first_batch, make, BatchLoaderOptions{.workers = options.workers});
}

}  // namespace fovea
