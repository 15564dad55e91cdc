#include "fovea/evaluation/panoptic_quality.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>
#include <utility>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

constexpr std::int32_t kVoid = 0;

/// Pixels by pair of segments, ascending: sums over them have one order.
using Overlaps = std::map<std::pair<std::int32_t, std::int32_t>, std::int64_t>;

Overlaps overlaps_of(const cv::Mat& truth, const cv::Mat& found) {
  Overlaps overlaps;
  for (int y = 0; y < truth.rows; ++y) {
    const auto *const a = truth.ptr<std::int32_t>(y), *const b = found.ptr<std::int32_t>(y);
    for (int x = 0; x < truth.cols;) {
      const int first = x;
      while (x < truth.cols && a[x] == a[first] && b[x] == b[first]) ++x;
      overlaps[{a[first], b[first]}] += x - first;
    }
  }
  return overlaps;
}

/// What one image adds to the classes.
struct Tally {
  std::int64_t true_positives = 0, false_positives = 0, false_negatives = 0;
  double sum_of_iou = 0;
};
using Tallies = std::map<std::int32_t, Tally>;

/// The segments of one image, with what the other map says of their pixels.
class ImageComparison {
 public:
  /// `classes` are the results' categories as indices of the ground truth's.
  ImageComparison(const PanopticImage& truth, const PanopticImage& found, const std::vector<std::int32_t>& classes) {
    const cv::Mat truth_ids = read_segment_ids(truth), found_ids = read_segment_ids(found);
    if (truth_ids.size() != found_ids.size())
      throw FileError(found.png.string(), fmt::format("has {}x{} pixels, but the ground truth {} has {}x{}", found_ids.cols, found_ids.rows,
                                                      truth.png.string(), truth_ids.cols, truth_ids.rows));
    overlaps_ = overlaps_of(truth_ids, found_ids);
    for (const auto& [pair, pixels] : overlaps_) truth_area_[pair.first] += pixels, found_area_[pair.second] += pixels;
    for (const PanopticSegment& segment : truth.segments) truth_[static_cast<std::int32_t>(segment.id)] = segment;
    for (const PanopticSegment& segment : found.segments) {
      PanopticSegment& entry = found_[static_cast<std::int32_t>(segment.id)] = segment;
      entry.category = classes[static_cast<std::size_t>(segment.category)];
    }
    for (const PanopticSegment& segment : truth.segments)
      if (segment.is_crowd) crowds_[segment.category] = static_cast<std::int32_t>(segment.id);
  }

  Tallies tallies() const {
    Tallies tallies;
    std::set<std::int32_t> matched_truth, matched_found;
    for (const auto& [pair, pixels] : overlaps_) {
      const auto a = truth_.find(pair.first), b = found_.find(pair.second);
      if (a == truth_.end() || b == found_.end() || a->second.is_crowd || a->second.category != b->second.category) continue;
      const std::int64_t either = found_area_.at(pair.second) + truth_area_.at(pair.first) - pixels - common(kVoid, pair.second);
      const double iou = static_cast<double>(pixels) / static_cast<double>(either);
      if (iou <= 0.5) continue;
      Tally& tally = tallies[a->second.category];
      ++tally.true_positives;
      tally.sum_of_iou += iou;
      matched_truth.insert(pair.first);
      matched_found.insert(pair.second);
    }
    for (const auto& [id, segment] : truth_)
      if (!segment.is_crowd && !matched_truth.contains(id)) ++tallies[segment.category].false_negatives;
    for (const auto& [id, segment] : found_)
      if (!matched_found.contains(id) && !is_excused(id, segment.category)) ++tallies[segment.category].false_positives;
    return tallies;
  }

 private:
  std::int64_t common(std::int32_t truth, std::int32_t found) const {
    const auto at = overlaps_.find({truth, found});
    return at == overlaps_.end() ? 0 : at->second;
  }
  /// Whether more than half of a predicted segment lies where nobody can say what is right.
  bool is_excused(std::int32_t id, std::int32_t category) const {
    std::int64_t unknown = common(kVoid, id);
    if (const auto crowd = crowds_.find(category); crowd != crowds_.end()) unknown += common(crowd->second, id);
    return 2 * unknown > found_area_.at(id);
  }

  Overlaps overlaps_;
  std::map<std::int32_t, PanopticSegment> truth_, found_;  // by id
  std::unordered_map<std::int32_t, std::int64_t> truth_area_, found_area_;
  std::unordered_map<std::int32_t, std::int32_t> crowds_;  // by class
};

std::vector<std::int32_t> classes_by_name(const PanopticDataset& truth, const PanopticDataset& results) {
  std::unordered_map<std::string, std::int32_t> known;
  for (std::size_t i = 0; i < truth.categories.size(); ++i) known.emplace(truth.categories[i].name, static_cast<std::int32_t>(i));
  std::vector<std::int32_t> classes;
  for (const PanopticCategory& category : results.categories) {
    const auto found = known.find(category.name);
    if (found == known.end()) throw OptionError(fmt::format("the ground truth has no class \"{}\", which the results have", category.name));
    classes.push_back(found->second);
  }
  return classes;
}

/// For every image of the ground truth, its place in the results: by file name.
std::vector<std::size_t> images_by_name(const PanopticDataset& truth, const PanopticDataset& results) {
  std::unordered_map<std::string, std::size_t> known;
  for (std::size_t i = 0; i < results.images.size(); ++i) known.emplace(results.images[i].image.file_name, i);
  std::vector<std::size_t> places;
  for (const PanopticImage& image : truth.images) {
    const auto found = known.find(image.image.file_name);
    if (found == known.end()) throw OptionError(fmt::format("the results have no image \"{}\"", image.image.file_name));
    places.push_back(found->second);
  }
  return places;
}

template <class Wanted>
PanopticMean mean_over(const std::vector<PanopticClass>& classes, Wanted&& wanted) {
  PanopticMean mean;
  for (const PanopticClass& entry : classes) {
    if (!entry.occurs() || !wanted(entry)) continue;
    const PanopticScores scores = entry.scores();
    mean.pq += scores.pq;
    mean.sq += scores.sq;
    mean.rq += scores.rq;
    ++mean.classes;
  }
  if (mean.classes == 0) return mean;
  const auto count = static_cast<double>(mean.classes);
  mean.pq /= count, mean.sq /= count, mean.rq /= count;
  return mean;
}

constexpr const char* kProtocol = "COCO panoptic, IoU > .50";

Json to_json(const PanopticScores& scores) { return {{"PQ", scores.pq}, {"SQ", scores.sq}, {"RQ", scores.rq}}; }

Json to_json(const PanopticMean& mean) {
  Json json = to_json(static_cast<const PanopticScores&>(mean));
  json["classes"] = mean.classes;
  return json;
}

}  // namespace

PanopticScores PanopticClass::scores() const {
  if (!occurs()) return {};
  const double found = static_cast<double>(true_positives);
  const double all = found + 0.5 * static_cast<double>(false_positives) + 0.5 * static_cast<double>(false_negatives);
  return {sum_of_iou / all, true_positives == 0 ? 0 : sum_of_iou / found, found / all};
}

PanopticMean PanopticEvaluation::all() const {
  return mean_over(per_class, [](const PanopticClass&) { return true; });
}
PanopticMean PanopticEvaluation::things() const {
  return mean_over(per_class, [](const PanopticClass& entry) { return entry.is_thing; });
}
PanopticMean PanopticEvaluation::stuff() const {
  return mean_over(per_class, [](const PanopticClass& entry) { return !entry.is_thing; });
}

PanopticEvaluation evaluate_panoptic(const PanopticDataset& truth, const PanopticDataset& results, const Threads& threads) {
  const std::vector<std::int32_t> classes = classes_by_name(truth, results);
  const std::vector<std::size_t> places = images_by_name(truth, results);
  std::vector<Tallies> images(truth.images.size());
  parallel_blocks(threads, static_cast<std::int64_t>(images.size()), [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    images[at] = ImageComparison(truth.images[at], results.images[places[at]], classes).tallies();
  });
  PanopticEvaluation evaluation{.per_class = {}, .images = static_cast<std::int64_t>(images.size())};
  for (const PanopticCategory& category : truth.categories)
    evaluation.per_class.push_back({.name = category.name, .is_thing = category.is_thing});
  for (const Tallies& tallies : images)
    for (const auto& [category, tally] : tallies) {
      PanopticClass& entry = evaluation.per_class[static_cast<std::size_t>(category)];
      entry.true_positives += tally.true_positives;
      entry.false_positives += tally.false_positives;
      entry.false_negatives += tally.false_negatives;
      entry.sum_of_iou += tally.sum_of_iou;
    }
  return evaluation;
}

Json to_json(const PanopticEvaluation& evaluation, const EvaluationSubject& subject) {
  Json json = {{"protocol", kProtocol},
               {"count", evaluation.images},
               {"split", subject.split},
               {"model", subject.model},
               {"fovea_version", subject.fovea_version}};
  json.update(to_json(static_cast<const PanopticScores&>(evaluation.all())));
  json["things"] = to_json(evaluation.things());
  json["stuff"] = to_json(evaluation.stuff());
  Json classes = Json::object();
  for (const PanopticClass& entry : evaluation.per_class) {
    Json& line = classes[entry.name] = to_json(entry.scores());
    line.update({{"tp", entry.true_positives}, {"fp", entry.false_positives}, {"fn", entry.false_negatives}, {"is_thing", entry.is_thing}});
  }
  json["per_class"] = std::move(classes);
  return json;
}

std::string to_table(const PanopticEvaluation& evaluation) {
  std::string text = fmt::format("{}\n\n{:<20} {:>7} {:>22} {:>22} {:>22}\n", kProtocol, "mean over", "classes", "PQ", "SQ", "RQ");
  const auto add = [&](const char* name, const PanopticMean& mean) {
    text += fmt::format("{:<20} {:>7} {:>22} {:>22} {:>22}\n", name, mean.classes, mean.pq, mean.sq, mean.rq);
  };
  add("all", evaluation.all());
  add("things", evaluation.things());
  add("stuff", evaluation.stuff());
  text += fmt::format("\n{:<20} {:>6} {:>6} {:>6} {:>22} {:>22} {:>22}\n", "class", "tp", "fp", "fn", "PQ", "SQ", "RQ");
  for (const PanopticClass& entry : evaluation.per_class) {
    if (!entry.occurs()) continue;
    const PanopticScores scores = entry.scores();
    text += fmt::format("{:<20} {:>6} {:>6} {:>6} {:>22} {:>22} {:>22}\n", entry.name, entry.true_positives, entry.false_positives,
                        entry.false_negatives, scores.pq, scores.sq, scores.rq);
  }
  return text;
}

}  // namespace fovea
