#include "fovea/classification/input_statistics.hpp"

#include <algorithm>
#include <cmath>

#include "fovea/data/batch_loader.hpp"

namespace fovea {

InputStatistics measure_inputs(const ClassificationDataset& dataset, const Preprocessing& preprocessing, std::int64_t limit,
                               std::uint64_t seed) {
  Preprocessing plain = preprocessing;  // values in [0, 1]
  const auto channels = static_cast<std::size_t>(plain.channels);
  plain.mean.assign(channels, 0);
  plain.deviation.assign(channels, 1);
  std::vector<double> sum(channels), sum_of_squares(channels);
  std::vector<float> values(static_cast<std::size_t>(plain.width) * static_cast<std::size_t>(plain.height) * channels);
  const std::vector<std::int64_t> order = epoch_order(dataset.size(), seed, 0);
  const std::int64_t images = std::min(limit, dataset.size());
  for (std::int64_t i = 0; i < images; ++i) {
    const cv::Mat image = dataset.get(order[static_cast<std::size_t>(i)]).image;
    plain.fill(plain.geometry(image.size())->apply(image), values.data());
    for (std::size_t v = 0; v < values.size(); ++v) {
      sum[v % channels] += values[v];
      sum_of_squares[v % channels] += static_cast<double>(values[v]) * values[v];
    }
  }
  const double count = static_cast<double>(images) * static_cast<double>(values.size() / channels);
  InputStatistics statistics;
  for (std::size_t c = 0; c < channels; ++c) {
    const double mean = count > 0 ? sum[c] / count : 0;
    const double variance = count > 0 ? std::max(sum_of_squares[c] / count - mean * mean, 0.0) : 0;
    statistics.mean.push_back(mean);
    statistics.deviation.push_back(variance > 1e-12 ? std::sqrt(variance) : 1);
  }
  return statistics;
}

}  // namespace fovea
