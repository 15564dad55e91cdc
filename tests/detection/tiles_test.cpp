#include "fovea/detection/tiles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

int between(RandomStream& stream, int low, int high) {
  return low + static_cast<int>(stream.below(static_cast<std::uint64_t>(high - low + 1)));
}

Box to_box(const cv::Rect& rect) {
  return {static_cast<float>(rect.x), static_cast<float>(rect.y), static_cast<float>(rect.br().x), static_cast<float>(rect.br().y)};
}

/// What a faultless detector finds in a tile: the part of every object that the tile shows, a little less sure where it is cut.
Detections seen(const std::vector<cv::Rect>& objects, const cv::Rect& tile) {
  Detections found;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const cv::Rect part = objects[i] & tile;
    if (part.empty()) continue;
    const float sure = part == objects[i] ? 0.9f : 0.6f;
    found.push_back({to_box(part), sure, static_cast<std::int64_t>(i % 3)});
  }
  return found;
}

std::vector<Detections> seen(const std::vector<cv::Rect>& objects, const std::vector<cv::Rect>& tiles) {
  std::vector<Detections> found;
  for (const cv::Rect& tile : tiles) found.push_back(seen(objects, tile));
  return found;
}

std::vector<Box> sorted_boxes(const Detections& found) {
  std::vector<Box> boxes;
  for (const Detection& d : found) boxes.push_back(d.box);
  std::sort(boxes.begin(), boxes.end(),
            [](const Box& a, const Box& b) { return std::tie(a.y1, a.x1, a.y2, a.x2) < std::tie(b.y1, b.x1, b.y2, b.x2); });
  return boxes;
}

TEST(Tiles, CoverEveryImageExactly) {
  RandomStream stream(1);
  for (int trial = 0; trial < 300; ++trial) {
    const cv::Size image(between(stream, 1, 700), between(stream, 1, 700));
    const TileOptions options{.size = {between(stream, 1, 400), between(stream, 40, 400)}, .overlap = stream.uniform(0, 0.9)};
    const std::vector<cv::Rect> tiles = tiles_of(image, options);
    const int width = std::min(image.width, options.size.width), height = std::min(image.height, options.size.height);
    std::vector<bool> columns(static_cast<std::size_t>(image.width)), rows(static_cast<std::size_t>(image.height));
    for (const cv::Rect& tile : tiles) {
      EXPECT_EQ(tile.size(), cv::Size(width, height));
      ASSERT_EQ(tile & cv::Rect({}, image), tile) << "inside the image";
      std::fill_n(columns.begin() + tile.x, tile.width, true);
      std::fill_n(rows.begin() + tile.y, tile.height, true);
    }
    // The tiles are all pairs of some columns and some rows, so that covering both axes covers the image.
    EXPECT_EQ(std::count(columns.begin(), columns.end(), false) + std::count(rows.begin(), rows.end(), false), 0);
    std::set<int> lefts, tops;
    for (const cv::Rect& tile : tiles) lefts.insert(tile.x), tops.insert(tile.y);
    EXPECT_EQ(tiles.size(), lefts.size() * tops.size());
    for (auto left = lefts.begin(); std::next(left) != lefts.end(); ++left)
      EXPECT_LE(*std::next(left) - *left, std::max(1l, std::lround(options.size.width * (1 - options.overlap))));
  }
}

TEST(Tiles, TheLastIsShiftedInwards) {
  EXPECT_THAT(tiles_of({250, 80}, {.size = {100, 100}, .overlap = 0.2}),
              ElementsAre(cv::Rect(0, 0, 100, 80), cv::Rect(80, 0, 100, 80), cv::Rect(150, 0, 100, 80)));
  EXPECT_THAT(tiles_of({100, 60}, {.size = {100, 60}}), ElementsAre(cv::Rect(0, 0, 100, 60)));
  EXPECT_THAT(tiles_of({40, 30}, {}), ElementsAre(cv::Rect(0, 0, 40, 30)));
}

/// Objects of any size that do not meet, seen without fault in every tile: each is found once and as a whole, also those that no tile
/// holds.
TEST(Tiles, AnObjectCutByBordersGivesOneBox) {
  RandomStream stream(2);
  int cut = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const cv::Size image(between(stream, 200, 900), between(stream, 200, 900));
    std::vector<cv::Rect> objects;
    for (int attempt = 0; attempt < 60; ++attempt) {
      const int longest = attempt % 2 == 0 ? 60 : 400;
      const cv::Size size(between(stream, 8, std::min(longest, image.width)), between(stream, 8, std::min(longest, image.height)));
      const cv::Rect object({between(stream, 0, image.width - size.width), between(stream, 0, image.height - size.height)}, size);
      if (std::none_of(objects.begin(), objects.end(), [&](const cv::Rect& other) { return !(other & object).empty(); }))
        objects.push_back(object);
    }
    const std::vector<cv::Rect> tiles = tiles_of(image, {.size = {160, 200}, .overlap = 0.25});
    Detections truth;
    for (const cv::Rect& object : objects) {
      truth.push_back({.box = to_box(object)});
      cut += std::none_of(tiles.begin(), tiles.end(), [&](const cv::Rect& tile) { return (tile & object) == object; });
    }
    EXPECT_EQ(sorted_boxes(merge_tiles(seen(objects, tiles), tiles, image)), sorted_boxes(truth)) << "trial " << trial;
  }
  EXPECT_GT(cut, 200) << "objects that are whole in no tile";
}

const std::vector<cv::Rect> kTwo = {{0, 0, 100, 100}, {60, 0, 100, 100}};
const cv::Size kImage(160, 100);

TEST(Tiles, APieceOfWhatAnotherTileSeesWholeIsLeftOut) {
  const Detection piece{{70, 40, 100, 60}, 0.9f, 0}, whole{{72, 20, 140, 80}, 0.6f, 0};
  EXPECT_THAT(merge_tiles(std::vector<Detections>{{piece}, {whole}}, kTwo, kImage), ElementsAre(whole)) << "IoU is less than 0.2";
  Detection other = whole;
  other.index = 1;
  EXPECT_THAT(merge_tiles(std::vector<Detections>{{piece}, {other}}, kTwo, kImage), ElementsAre(piece, other));
  EXPECT_THAT(merge_tiles(std::vector<Detections>{{piece}, {other}}, kTwo, kImage, {.class_agnostic = true}), ElementsAre(other));
  Detection doubtful = whole;
  doubtful.score = 0.4f;
  EXPECT_THAT(merge_tiles(std::vector<Detections>{{piece}, {doubtful}}, kTwo, kImage), ElementsAre(piece, doubtful));
}

TEST(Tiles, PiecesBecomeTheirHullWithTheLargerScore) {
  const Detections left = {{{10, 20, 100, 60}, 0.5f, 0}}, right = {{{60, 22, 155, 61}, 0.8f, 0}, {{60, 70, 90, 95}, 0.7f, 0}};
  EXPECT_THAT(merge_tiles(std::vector<Detections>{left, right}, kTwo, kImage),
              ElementsAre(Detection{{10, 20, 155, 61}, 0.8f, 0}, Detection{{60, 70, 90, 95}, 0.7f, 0}));
}

/// Two of one tile that both agree with one of another: the one that agrees more.
TEST(Tiles, NoBoxJoinsTwoPiecesOfOneTile) {
  const Detections left = {{{50, 20, 100, 50}, 0.8f, 0}, {{50, 38, 100, 68}, 0.8f, 0}}, right = {{{60, 22, 150, 52}, 0.8f, 0}};
  EXPECT_THAT(sorted_boxes(merge_tiles(std::vector<Detections>{left, right}, kTwo, kImage)),
              ElementsAre(Box{50, 20, 150, 52}, Box{50, 38, 100, 68}));
}

TEST(Tiles, BoxesAtTheImagesBorderAreWhole) {
  const Detection a{{0, 0, 50, 99}, 0.9f, 0}, b{{110, 0, 160, 100}, 0.9f, 0};
  EXPECT_THAT(merge_tiles(std::vector<Detections>{{a}, {b}}, kTwo, kImage), ElementsAre(a, b));
}

TEST(Tiles, SayWhatIsWrong) {
  EXPECT_THAT([] { tiles_of({10, 10}, {.size = {0, 5}}); }, ThrowsMessage<OptionError>(HasSubstr("at least 1x1 pixels, found 0x5")));
  EXPECT_THAT([] { tiles_of({10, 10}, {.size = {5, 5}, .overlap = 1}); }, ThrowsMessage<OptionError>(HasSubstr("found 1")));
  EXPECT_THROW(tiles_of({10, 10}, {.size = {5, 5}, .overlap = std::nan("")}), OptionError);
  EXPECT_THROW(tiles_of({0, 10}, {.size = {5, 5}}), OptionError);
  EXPECT_THROW(merge_tiles(std::vector<Detections>(1), kTwo, kImage), ShapeError);
  EXPECT_THROW(merge_tiles(std::vector<Detections>(2), kTwo, kImage, {.kind = SuppressionKind::linear}), OptionError);
}

}  // namespace
}  // namespace fovea
