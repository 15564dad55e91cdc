#include "fovea/classification/image_batch.hpp"

#include <algorithm>

#include "fovea/base/random.hpp"
#include "fovea/vision/input_reader.hpp"
#include "fovea/vision/input_transform.hpp"

namespace fovea {

namespace {

/// The stream that mixes one batch.
RandomStream mixing_stream(std::uint64_t seed, std::int64_t epoch, std::int64_t batch) {
  constexpr std::uint64_t kPurpose = 2;
  return RandomStream(seed, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(batch), kPurpose);
}

/// What all pictures of a batch share.
class BatchFiller {
 public:
  BatchFiller(const ClassificationDataset& dataset, std::int64_t epoch, const ImageBatchOptions& options)
      : dataset_(dataset),
        epoch_(epoch),
        options_(options),
        reader_(options.preprocessing, {.reduced_decoding = options.reduced_decoding && options.augmentation != nullptr}) {}

  /// Writes the network's input for a sample; gives its label.
  std::int64_t fill(std::int64_t index, float* destination) {
    if (const std::filesystem::path file = dataset_.file(index); !file.empty()) {
      const EncodedImage image = EncodedImage::load(file);
      reader_.read(image, *transform_for(image.size(), index), destination);
      return dataset_.label(index);
    }
    const ClassificationSample sample = dataset_.get(index);
    const auto transform = transform_for(sample.image.size(), index);
    options_.preprocessing.fill(transform->apply(sample.image), destination);
    return sample.label;
  }

 private:
  std::unique_ptr<Transform> transform_for(cv::Size picture, std::int64_t index) const {
    return input_transform(picture, options_.preprocessing, options_.augmentation.get(), sample_stream(options_.seed, epoch_, index));
  }

  const ClassificationDataset& dataset_;
  std::int64_t epoch_;
  const ImageBatchOptions& options_;
  InputReader reader_;
};

}  // namespace

void visit_state(ImageBatch& batch, StateArchive archive) {
  archive.any_tensor("images", batch.images);
  archive.any_tensor("labels", batch.labels);
  if (batch.distributions.defined() || archive.holds("distributions")) archive.any_tensor("distributions", batch.distributions);
}

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
    BatchFiller filler(dataset, epoch, options);
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t index = order[static_cast<std::size_t>(i)];
      float* const destination = result.images.mutable_data<float>() + (i - begin) * image_size;
      result.labels.mutable_data<std::int64_t>()[i - begin] = filler.fill(index, destination);
      result.indices.push_back(index);
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
