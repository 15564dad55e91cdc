// Pictures with squares, as a detector's data set. For tests of modules that may depend on data and vision.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>
#include <string>

#include "fovea/base/json.hpp"
#include "fovea/base/random.hpp"
#include "fovea/vision/image_writer.hpp"
#include "support/temporary_folder.hpp"

namespace fovea::test {

/// name.json, in COCO's form, and `count` pictures of 96 x 64 beside it, each with one to three bright or dark squares that lie apart.
inline void write_squares(const TemporaryFolder& folder, const std::string& name, int count, std::uint64_t seed) {
  RandomStream stream(seed);
  Json images = Json::array(), objects = Json::array();
  for (int i = 0; i < count; ++i) {
    cv::Mat picture(64, 96, CV_8UC3, cv::Scalar(120, 120, 120));
    const auto squares = 1 + static_cast<int>(stream.below(3));
    for (int k = 0; k < squares; ++k) {
      const auto side = 12 + static_cast<int>(stream.below(14)), label = static_cast<int>(stream.below(2));
      const cv::Rect square(k * 32 + static_cast<int>(stream.below(static_cast<std::uint64_t>(32 - side))),
                            static_cast<int>(stream.below(static_cast<std::uint64_t>(64 - side))), side, side);
      picture(square).setTo(label == 0 ? cv::Scalar(230, 230, 230) : cv::Scalar(20, 20, 20));
      objects.push_back({{"id", objects.size() + 1},
                         {"image_id", i + 1},
                         {"category_id", label + 1},
                         {"bbox", {square.x, square.y, side, side}},
                         {"area", side * side},
                         {"iscrowd", 0}});
    }
    const std::string file = name + std::to_string(i) + ".png";
    save_image(folder / file, picture);
    images.push_back({{"id", i + 1}, {"file_name", file}, {"width", 96}, {"height", 64}});
  }
  folder.write(
      name + ".json",
      Json{{"images", images}, {"annotations", objects}, {"categories", {{{"id", 1}, {"name", "bright"}}, {{"id", 2}, {"name", "dark"}}}}}
          .dump());
}

}  // namespace fovea::test
