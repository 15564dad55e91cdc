// Large images in tiles: an exact detector, a random one, and YOLO-Fastest on mosaics of ../shared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "fovea/base/error.hpp"
#include "fovea/data/annotated_dataset.hpp"
#include "fovea/data/coco.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/pipelines/detector_evaluation.hpp"
#include "fovea/vision/image_writer.hpp"
#include "random_detector.hpp"
#include "support/shared_data.hpp"

namespace fovea {
namespace {

using test::picture;
using test::RandomDetector;
using testing::UnorderedElementsAreArray;

constexpr int kSide = 64;

/// Hands the image on.
class NoEngine final : public Engine {
 public:
  std::vector<NamedTensor> run(const Tensor& batch) const override { return {{"image", batch}}; }
};

/// A box around the pixels of every grey level but black; the level is the class.
void find_levels(std::span<const NamedTensor> outputs, const DecodeRequest& request, Detections& found) {
  const float* const pixels = find_output(outputs, "image").data<float>() + request.image * kSide * kSide;
  std::map<int, Box> boxes;
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x) {
      const int level = static_cast<int>(std::lround(pixels[y * kSide + x] * 255));
      const auto left = static_cast<float>(x), top = static_cast<float>(y);
      Box& box = boxes.try_emplace(level, Box{left, top, left, top}).first->second;
      box = {std::min(box.x1, left), std::min(box.y1, top), std::max(box.x2, left + 1), std::max(box.y2, top + 1)};
    }
  for (const auto& [level, box] : boxes)
    if (level > 0) found.push_back({box, 0.9f, level});
}

DetectionPipeline exact_detector() {
  std::vector<std::string> labels;
  for (int level = 0; level < 256; ++level) labels.push_back(std::to_string(level));
  const Preprocessing preprocessing{.width = kSide, .height = kSide, .channels = 1, .mean = {0}, .deviation = {1}};
  DetectionPipeline pipeline(std::make_unique<NoEngine>(), find_levels, preprocessing, labels);
  pipeline.set_options({.tiles = {.size = {kSide, kSide}, .overlap = 0.25}});
  return pipeline;
}

TEST(TiledDetection, FindsEveryObjectOnceAndWhere) {
  const DetectionPipeline pipeline = exact_detector();
  RandomStream stream(5);
  for (int trial = 0; trial < 20; ++trial) {
    cv::Mat image = cv::Mat::zeros(70 + 11 * trial, 300 - 9 * trial, CV_8UC1);
    std::vector<Box> wanted;
    for (int attempt = 0; attempt < 40; ++attempt) {
      const auto below = [&](int bound) { return static_cast<int>(stream.below(static_cast<std::uint64_t>(bound))); };
      const cv::Rect object(below(image.cols - 4), below(image.rows - 4), 4 + below(90), 4 + below(attempt % 2 == 0 ? 12 : 90));
      if ((object & cv::Rect({}, image.size())) != object || cv::countNonZero(image(object)) > 0) continue;
      image(object) = cv::Scalar(static_cast<double>(wanted.size() + 1));
      wanted.push_back({static_cast<float>(object.x), static_cast<float>(object.y), static_cast<float>(object.br().x),
                        static_cast<float>(object.br().y)});
    }
    std::vector<Box> boxes;
    for (const Detection& d : pipeline.run(image)) boxes.push_back(d.box);
    EXPECT_THAT(boxes, UnorderedElementsAreArray(wanted)) << "trial " << trial;
  }
}

TEST(TiledDetection, AnImageThatIsNotLargerIsSearchedAsAWhole) {
  for (const char* resize : {"stretch", "letterbox"}) {
    DetectionPipeline pipeline = RandomDetector(resize).load();
    const std::vector<cv::Mat> images = {picture(90, 60, 1), picture(50, 20, 2), picture(1, 60, 3)};
    const std::vector<Detections> whole = pipeline.run(images);
    EXPECT_FALSE(whole.front().empty());
    DetectionOptions options = pipeline.options();
    options.tiles.size = {90, 60};
    pipeline.set_options(options);
    EXPECT_EQ(pipeline.run(images), whole);
  }
}

TEST(TiledDetection, ResultsStayInTheImageAndBelowTheirLimit) {
  DetectionPipeline pipeline = RandomDetector().load();
  pipeline.set_options({.confidence = 0.1, .suppression = {.max_boxes = 40}, .tiles = {.size = {48, 40}, .overlap = 0.3}});
  const cv::Mat image = picture(400, 250, 4);
  const Detections found = pipeline.run(image);
  EXPECT_EQ(found.size(), 40u);
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_GE(found[i > 0 ? i - 1 : 0].score, found[i].score);
    EXPECT_EQ(clip(found[i].box, 400, 250), found[i].box);
  }
  EXPECT_EQ(pipeline.run(std::vector<cv::Mat>{picture(9, 9, 1), image})[1], found);
  EXPECT_THROW(pipeline.run(cv::Mat(100, 100, CV_32FC3)), ShapeError);
  EXPECT_THROW(pipeline.set_options({.tiles = {.size = {-1, 5}}}), OptionError);
  EXPECT_THROW(pipeline.set_options({.suppression = {.kind = SuppressionKind::gaussian}, .tiles = {.size = {8, 8}}}), OptionError);
}

// --- real pictures -------------------------------------------------------------------------------------------------------------------

/// Sixteen pictures of coco64 at a time, four in a row in cells of 640 pixels, as one picture of 2560.
std::string mosaics_of(const AnnotatedDataset& source, const test::TemporaryFolder& folder) {
  constexpr int kCell = 640, kRow = 4, kPictures = kRow * kRow;
  DetectionDataset mosaics{.categories = source.data().categories};
  const auto annotations = annotations_by_image(source.data());
  for (std::int64_t first = 0; first < source.size(); first += kPictures) {
    cv::Mat canvas(kRow * kCell, kRow * kCell, CV_8UC3, cv::Scalar::all(114));
    const auto index = static_cast<std::int32_t>(mosaics.images.size());
    for (std::int64_t i = first; i < std::min(source.size(), first + kPictures); ++i) {
      const cv::Mat image = source.get(i).image;
      const cv::Point corner(static_cast<int>((i - first) % kRow) * kCell, static_cast<int>((i - first) / kRow) * kCell);
      image.copyTo(canvas(cv::Rect(corner, image.size())));
      for (const std::int32_t a : annotations[static_cast<std::size_t>(i)]) {
        DetectionAnnotation moved = source.data().annotations[static_cast<std::size_t>(a)];
        moved.image = index;
        moved.box.x += corner.x;
        moved.box.y += corner.y;
        moved.segmentation = {};
        moved.is_crowd = false;
        mosaics.annotations.push_back(moved);
      }
    }
    mosaics.images.push_back({index + 1, std::to_string(index) + ".png", canvas.cols, canvas.rows});
    save_image(folder / (std::to_string(index) + ".png"), canvas);
  }
  write_coco_instances(folder / "mosaics.json", mosaics);
  return "coco:" + (folder / "mosaics.json").string();
}

struct Numbers {
  double ap, ap50;
};

Numbers measure(DetectionPipeline& pipeline, const AnnotatedDataset& data, const TileOptions& tiles, const char* name) {
  pipeline.set_options({.confidence = 0.005, .tiles = tiles});
  const DetectorResults found = detect_dataset(pipeline, data, 4, 0);
  const Json json = evaluate_detector(data, found.results, {.split = "all", .model = "yolo", .fovea_version = "v"}, Threads()).json;
  std::printf("%-28s AP %.4f  AP50 %.4f  small %.4f  medium %.4f  large %.4f\n", name, json["AP"].get<double>(), json["AP50"].get<double>(),
              json["AP_small"].get<double>(), json["AP_medium"].get<double>(), json["AP_large"].get<double>());
  return {json["AP"], json["AP50"]};
}

TEST(TiledDetection, FindsInMosaicsWhatASinglePassMisses) {
  FOVEA_NEEDS_SHARED("data/weights_yolo_fastest");
  FOVEA_NEEDS_SHARED("data/coco64");
  const test::TemporaryFolder folder;
  const auto source = test::shared_path("data/weights_yolo_fastest");
  import_darknet(
      {.config = source / "yolo-fastest.cfg", .weights = source / "yolo-fastest.weights", .names = read_label_names(source / "coco.names")},
      folder / "yolo.fovea");
  DetectionPipeline pipeline = DetectionPipeline::load(folder / "yolo.fovea");
  const AnnotatedDataset pictures("coco:" + test::shared_path("data/coco64/annotations/instances.json").string());
  const AnnotatedDataset mosaics(mosaics_of(pictures, folder));
  measure(pipeline, pictures, {}, "the pictures themselves");
  const Numbers single = measure(pipeline, mosaics, {}, "mosaics, single pass");
  measure(pipeline, mosaics, {.size = {640, 640}, .overlap = 0}, "mosaics, tiles 640, 0");
  const Numbers tiled = measure(pipeline, mosaics, {.size = {640, 640}, .overlap = 0.2}, "mosaics, tiles 640, 0.2");
  measure(pipeline, mosaics, {.size = {640, 640}, .overlap = 0.5}, "mosaics, tiles 640, 0.5");
  EXPECT_GT(tiled.ap50, 3 * single.ap50);
  EXPECT_GT(tiled.ap50, 0.2);
}

}  // namespace
}  // namespace fovea
