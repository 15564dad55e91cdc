#include "fovea/detection/tiles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

constexpr double kLargestOverlap = 0.9;
constexpr float kBorder = 0.02f;     // of a tile's side: boxes of cut objects end near the cut, seldom on it
constexpr float kComparable = 0.5f;  // of the larger score
constexpr float kCovered = 0.5f;     // of a piece's area
constexpr double kAgreement = 0.5;   // IoU of two pieces in what both tiles see

std::vector<int> begins(int length, int tile, double overlap) {
  if (length <= tile) return {0};
  const int step = std::max(1, static_cast<int>(std::lround(tile * (1 - overlap))));
  std::vector<int> places;
  for (int begin = 0; begin + tile < length; begin += step) places.push_back(begin);
  places.push_back(length - tile);
  return places;
}

Box to_box(const cv::Rect& rect) {
  return {static_cast<float>(rect.x), static_cast<float>(rect.y), static_cast<float>(rect.x + rect.width),
          static_cast<float>(rect.y + rect.height)};
}

Box hull(const Box& a, const Box& b) { return {std::min(a.x1, b.x1), std::min(a.y1, b.y1), std::max(a.x2, b.x2), std::max(a.y2, b.y2)}; }

/// A box and where it was found.
struct Part {
  Detection detection;
  std::size_t tile;
  bool is_piece;
};

bool is_cut(const Box& box, const cv::Rect& tile, cv::Size image) {
  const Box view = to_box(tile);
  const float dx = kBorder * view.width(), dy = kBorder * view.height();
  return (tile.x > 0 && box.x1 <= view.x1 + dx) || (tile.y > 0 && box.y1 <= view.y1 + dy) ||
         (tile.x + tile.width < image.width && box.x2 >= view.x2 - dx) || (tile.y + tile.height < image.height && box.y2 >= view.y2 - dy);
}

/// Pieces that have become one, found by any of them. A group has at most one piece of a tile.
class Groups {
 public:
  explicit Groups(const std::vector<Part>& parts) : leaders_(parts.size()), tiles_(parts.size()) {
    std::iota(leaders_.begin(), leaders_.end(), std::size_t{0});
    for (std::size_t i = 0; i < parts.size(); ++i) tiles_[i] = {parts[i].tile};
  }

  std::size_t leader(std::size_t i) const {
    while (leaders_[i] != i) i = leaders_[i];
    return i;
  }

  void join(std::size_t i, std::size_t j) {
    i = leader(i);
    j = leader(j);
    if (i == j) return;
    for (const std::size_t tile : tiles_[j])
      if (tiles_[i].contains(tile)) return;
    tiles_[i].merge(tiles_[j]);
    leaders_[j] = i;
  }

 private:
  std::vector<std::size_t> leaders_;
  std::vector<std::set<std::size_t>> tiles_;
};

class TileMerge {
 public:
  TileMerge(std::span<const Detections> found, std::span<const cv::Rect> tiles, cv::Size image, bool class_agnostic)
      : tiles_(tiles), class_agnostic_(class_agnostic) {
    for (std::size_t tile = 0; tile < tiles.size(); ++tile) {
      firsts_.push_back(parts_.size());
      for (const Detection& d : found[tile]) parts_.push_back({d, tile, is_cut(d.box, tiles[tile], image)});
    }
    firsts_.push_back(parts_.size());
  }

  Detections merged() {
    drop_covered_pieces();
    join_pieces();
    Detections all;
    for (Part& part : parts_) all.push_back(std::move(part.detection));
    return all;
  }

 private:
  /// Calls use(i, j, view) for parts i of one tile and j of another that can mean the same object, `view` being what both tiles see.
  template <class Use>
  void for_each_pair(const Use& use) const {
    for (std::size_t a = 0; a < tiles_.size(); ++a)
      for (std::size_t b = 0; b < tiles_.size(); ++b) {
        const cv::Rect common = tiles_[a] & tiles_[b];
        if (a == b || common.empty()) continue;
        for (std::size_t i = firsts_[a]; i < firsts_[a + 1]; ++i)
          for (std::size_t j = firsts_[b]; j < firsts_[b + 1]; ++j)
            if (are_comparable(parts_[i].detection, parts_[j].detection)) use(i, j, to_box(common));
      }
  }

  bool are_comparable(const Detection& a, const Detection& b) const {
    return (class_agnostic_ || a.index == b.index) && std::min(a.score, b.score) >= kComparable * std::max(a.score, b.score);
  }

  void drop_covered_pieces() {
    std::vector<bool> is_dropped(parts_.size());
    for_each_pair([&](std::size_t i, std::size_t j, const Box&) {
      if (!parts_[i].is_piece || parts_[j].is_piece) return;
      const Box& piece = parts_[i].detection.box;
      if (intersection(piece, parts_[j].detection.box).area() > kCovered * piece.area()) is_dropped[i] = true;
    });
    keep_unless(is_dropped);
  }

  void join_pieces() {
    struct Pair {
      double agreement;
      std::size_t i, j;
    };
    std::vector<Pair> pairs;
    for_each_pair([&](std::size_t i, std::size_t j, const Box& view) {
      if (i > j || !parts_[i].is_piece || !parts_[j].is_piece) return;
      const double agreement = iou(intersection(parts_[i].detection.box, view), intersection(parts_[j].detection.box, view));
      if (agreement > kAgreement) pairs.push_back({agreement, i, j});
    });
    std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.agreement > b.agreement; });
    Groups groups(parts_);
    for (const Pair& pair : pairs) groups.join(pair.i, pair.j);
    std::vector<bool> is_joined(parts_.size());
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const std::size_t leader = groups.leader(i);
      if (leader == i) continue;
      Detection& whole = parts_[leader].detection;
      const Detection& piece = parts_[i].detection;
      const Box box = hull(whole.box, piece.box);
      if (piece.score > whole.score) whole = piece;  // with the class of the surer one
      whole.box = box;
      is_joined[i] = true;
    }
    keep_unless(is_joined);
  }

  void keep_unless(const std::vector<bool>& is_left_out) {
    std::vector<Part> kept;
    std::vector<std::size_t> firsts;
    for (std::size_t tile = 0; tile < tiles_.size(); ++tile) {
      firsts.push_back(kept.size());
      for (std::size_t i = firsts_[tile]; i < firsts_[tile + 1]; ++i)
        if (!is_left_out[i]) kept.push_back(std::move(parts_[i]));
    }
    firsts.push_back(kept.size());
    parts_ = std::move(kept);
    firsts_ = std::move(firsts);
  }

  std::span<const cv::Rect> tiles_;
  bool class_agnostic_;
  std::vector<Part> parts_;
  std::vector<std::size_t> firsts_;  // of each tile's parts, and behind the last
};

}  // namespace

void check(const TileOptions& options) {
  if (options.size != cv::Size() && (options.size.width < 1 || options.size.height < 1))
    throw OptionError(fmt::format("[tiles] a tile has at least 1x1 pixels, found {}x{}", options.size.width, options.size.height));
  if (!(options.overlap >= 0 && options.overlap <= kLargestOverlap))
    throw OptionError(fmt::format("[tiles] the overlap is from 0 to {} of a tile's side, found {}", kLargestOverlap, options.overlap));
}

std::vector<cv::Rect> tiles_of(cv::Size image, const TileOptions& options) {
  check(options);
  if (image.width < 1 || image.height < 1)
    throw OptionError(fmt::format("[tiles] expected an image with pixels, found {}x{}", image.width, image.height));
  const cv::Size tile = options.size == cv::Size() ? image : options.size;
  std::vector<cv::Rect> tiles;
  for (const int y : begins(image.height, tile.height, options.overlap))
    for (const int x : begins(image.width, tile.width, options.overlap))
      tiles.emplace_back(x, y, std::min(tile.width, image.width), std::min(tile.height, image.height));
  return tiles;
}

Detections merge_tiles(std::span<const Detections> found, std::span<const cv::Rect> tiles, cv::Size image,
                       const SuppressionOptions& suppression) {
  if (found.size() != tiles.size())
    throw ShapeError(fmt::format("[merge_tiles] {} tiles but what was found in {}", tiles.size(), found.size()));
  if (suppression.kind == SuppressionKind::linear || suppression.kind == SuppressionKind::gaussian)
    throw OptionError(
        "[merge_tiles] soft suppression would lower a score in its tile and again across tiles; expected hard, diou or weighted");
  return suppress(TileMerge(found, tiles, image, suppression.class_agnostic).merged(), suppression);
}

}  // namespace fovea
