#include "fovea/classification/cached_features.hpp"

#include <fmt/format.h>

#include <cstring>
#include <numeric>

#include "fovea/autograd/ops/cast.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

namespace {

Shape with_rows(const Tensor& like, std::int64_t rows) {
  std::vector<std::int64_t> extents(like.shape().extents().begin(), like.shape().extents().end());
  extents.front() = rows;
  return Shape(extents);
}

std::byte* row_of(const Tensor& tensor, std::int64_t row) {
  const std::size_t row_bytes = tensor.bytes() / static_cast<std::size_t>(tensor.extent(0));
  return static_cast<std::byte*>(tensor.raw_data()) + static_cast<std::size_t>(row) * row_bytes;
}

void require_one_picture_an_image(const ImageBatchOptions& options) {
  if (options.augmentation != nullptr || options.mixing.any())
    throw OptionError("features that are computed once are those of pictures that do not change; found augmentation");
}

void require_agreement(Layer& network, const NetworkTop& top, const Variable& images) {
  if (!network_top_agrees(network, top, images))
    throw OptionError(
        fmt::format("the network does more behind \"{}\" than to return what that computes: its features cannot be cached", top.name));
}

}  // namespace

ImageBatch CachedFeatures::batch(std::vector<std::int64_t> indices) const {
  const auto count = static_cast<std::int64_t>(indices.size());
  ImageBatch result{.images = Tensor::empty(with_rows(features, count), features.dtype()), .labels = Tensor::empty({count}, DType::i64)};
  const std::size_t row_bytes = features.bytes() / static_cast<std::size_t>(size());
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t index = indices[static_cast<std::size_t>(i)];
    std::memcpy(row_of(result.images, i), row_of(features, index), row_bytes);
    result.labels.mutable_data<std::int64_t>()[i] = labels.data<std::int64_t>()[index];
  }
  result.indices = std::move(indices);
  return result;
}

CachedFeatures cache_features(Layer& network, const NetworkTop& top, const ClassificationDataset& dataset, const ImageBatchOptions& options,
                              DType precision, const StopToken& stop) {
  require_one_picture_an_image(options);
  if (dataset.size() == 0) throw OptionError("there are no images to compute features of");
  CachedFeatures cached{.features = {}, .labels = Tensor::empty({dataset.size()}, DType::i64), .ids = {}, .classes = dataset.labels()};
  std::vector<std::int64_t> order(static_cast<std::size_t>(dataset.size()));
  std::iota(order.begin(), order.end(), 0);
  const auto loader = load_batches(dataset, std::move(order), 0, options);
  std::int64_t done = 0;
  while (done < dataset.size()) {
    if (stop.requested()) throw Stopped();
    const ImageBatch batch = loader->next();
    const Variable images = cast(Variable(batch.images), precision);
    if (done == 0) require_agreement(network, top, images);
    const Tensor features = top_input(network, top, images);
    if (done == 0) cached.features = Tensor::empty(with_rows(features, dataset.size()), features.dtype());
    std::memcpy(row_of(cached.features, done), features.raw_data(), features.bytes());
    std::memcpy(cached.labels.mutable_data<std::int64_t>() + done, batch.labels.data<std::int64_t>(), batch.labels.bytes());
    for (const std::int64_t index : batch.indices) cached.ids.push_back(dataset.id(index));
    done += batch.labels.extent(0);
  }
  return cached;
}

}  // namespace fovea
