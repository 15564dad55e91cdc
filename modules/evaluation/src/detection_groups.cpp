#include "detection_groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

using Indices = std::vector<std::uint32_t>;

/// For each item its place by rising id.
template <class Item>
Indices ranks_by_id(const std::vector<Item>& items) {
  Indices order(items.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return items[a].id < items[b].id; });
  Indices ranks(items.size());
  for (std::uint32_t rank = 0; rank < order.size(); ++rank) ranks[order[rank]] = rank;
  return ranks;
}

/// Sorts `order` by key(index), which is below `keys`; equal keys keep their order.
template <class Key>
void counting_sort(Indices& order, std::size_t keys, Key&& key) {
  Indices begin(keys + 1, 0);
  for (const std::uint32_t index : order) ++begin[key(index) + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  Indices sorted(order.size());
  for (const std::uint32_t index : order) sorted[begin[key(index)]++] = index;
  order = std::move(sorted);
}

/// How items are brought into groups: the rank of their image and class.
class Grouping {
 public:
  Grouping(const DetectionDataset& truth, bool use_categories)
      : image_rank_(ranks_by_id(truth.images)), category_rank_(ranks_by_id(truth.categories)), use_categories_(use_categories) {}

  template <class Item>
  Indices order(const std::vector<Item>& items) const {
    Indices order(items.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto by_image = [&] { counting_sort(order, image_rank_.size(), [&](std::uint32_t i) { return image(items[i]); }); };
    const auto by_category = [&] { counting_sort(order, category_rank_.size(), [&](std::uint32_t i) { return category(items[i]); }); };
    if (use_categories_) {
      by_image();
      by_category();
    } else {  // the class still orders the objects of an image
      by_category();
      by_image();
    }
    return order;
  }

  template <class Item>
  std::uint64_t key(const Item& item) const {
    return (use_categories_ ? static_cast<std::uint64_t>(category(item)) * image_rank_.size() : 0) + image(item);
  }
  std::uint32_t category_of(std::uint64_t key) const { return static_cast<std::uint32_t>(key / image_rank_.size()); }

 private:
  template <class Item>
  std::uint32_t image(const Item& item) const {
    return image_rank_[static_cast<std::size_t>(item.image)];
  }
  template <class Item>
  std::uint32_t category(const Item& item) const {
    return category_rank_[static_cast<std::size_t>(item.category)];
  }

  Indices image_rank_, category_rank_;
  bool use_categories_;
};

constexpr std::int64_t kNoCategory = -1;

std::vector<DetectionCategory> sorted_categories(const DetectionDataset& truth, bool use_categories) {
  if (!use_categories) return {{kNoCategory, "all", ""}};
  std::vector<DetectionCategory> categories = truth.categories;
  std::stable_sort(categories.begin(), categories.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return categories;
}

template <class Item>
void check_places(const std::vector<Item>& items, const DetectionDataset& truth, const char* kind) {
  const auto inside = [](std::int32_t place, std::size_t count) { return place >= 0 && static_cast<std::size_t>(place) < count; };
  for (std::size_t i = 0; i < items.size(); ++i)
    if (!inside(items[i].image, truth.images.size()) || !inside(items[i].category, truth.categories.size()))
      throw OptionError(fmt::format("{} {} has image {} and category {}, expected indices below {} and {}", kind, i, items[i].image,
                                    items[i].category, truth.images.size(), truth.categories.size()));
}

void check(const DetectionDataset& truth, const DetectionResults& results) {
  check_places(truth.annotations, truth, "annotation");
  check_places(results.results, truth, "result");
  for (std::size_t i = 0; i < results.results.size(); ++i)
    if (std::isnan(results.results[i].score)) throw OptionError(fmt::format("result {} has no number as its score", i));
}

}  // namespace

DetectionGroups group_detections(const DetectionDataset& truth, const DetectionResults& results, bool use_categories, std::int64_t limit) {
  check(truth, results);
  const Grouping grouping(truth, use_categories);
  DetectionGroups all;
  all.categories = sorted_categories(truth, use_categories);
  all.truths = grouping.order(truth.annotations);
  const Indices found = grouping.order(results.results);
  const auto truth_key = [&](std::size_t place) { return grouping.key(truth.annotations[all.truths[place]]); };
  const auto result_key = [&](std::size_t place) { return grouping.key(results.results[found[place]]); };
  const auto by_score = [&](std::uint32_t a, std::uint32_t b) { return results.results[a].score > results.results[b].score; };

  std::size_t truth_at = 0, result_at = 0;
  Indices in_group;
  while (truth_at < all.truths.size() || result_at < found.size()) {
    const std::uint64_t next_truth = truth_at < all.truths.size() ? truth_key(truth_at) : UINT64_MAX;
    const std::uint64_t next_result = result_at < found.size() ? result_key(result_at) : UINT64_MAX;
    const std::uint64_t key = std::min(next_truth, next_result);
    DetectionGroup group;
    group.category = grouping.category_of(key);
    group.truth_begin = static_cast<std::uint32_t>(truth_at);
    while (truth_at < all.truths.size() && truth_key(truth_at) == key) ++truth_at;
    group.truth_end = static_cast<std::uint32_t>(truth_at);
    in_group.clear();
    for (; result_at < found.size() && result_key(result_at) == key; ++result_at) in_group.push_back(found[result_at]);
    std::stable_sort(in_group.begin(), in_group.end(), by_score);
    if (static_cast<std::int64_t>(in_group.size()) > limit) in_group.resize(static_cast<std::size_t>(limit));
    group.result_begin = static_cast<std::uint32_t>(all.results.size());
    all.results.insert(all.results.end(), in_group.begin(), in_group.end());
    group.result_end = static_cast<std::uint32_t>(all.results.size());
    while (all.first_group.size() <= group.category) all.first_group.push_back(static_cast<std::uint32_t>(all.groups.size()));
    all.groups.push_back(group);
  }
  while (all.first_group.size() <= all.categories.size()) all.first_group.push_back(static_cast<std::uint32_t>(all.groups.size()));
  return all;
}

}  // namespace fovea
