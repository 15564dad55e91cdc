#include "fovea/vision/augmentation_recipe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "mat_matchers.hpp"

namespace fovea {

namespace {

using test::same_image;

AugmentationPart from(const std::string& text, cv::Size output = {48, 40}) {
  return augmentation_from(parse_json(text, "test"), output, "augment");
}

cv::Mat drawn(const AugmentationPart& part, std::uint64_t seed = 3) {
  RandomStream stream(seed);
  const cv::Mat image = test::numbered_image(48, 40);
  return part->draw(image.size(), stream)->apply(image);
}

TEST(AugmentationRecipe, EveryNameIsDrawnWithItsDefaults) {
  for (const std::string& name : augmentation_names()) {
    const cv::Mat result = drawn(from("[\"" + name + "\"]"));
    EXPECT_FALSE(result.empty()) << name;
    EXPECT_TRUE(same_image(result, drawn(from("[{\"name\": \"" + name + "\"}]")))) << name;
  }
}

TEST(AugmentationRecipe, OptionsArriveByName) {
  EXPECT_TRUE(same_image(drawn(from(R"([{"name": "affine", "degrees": 40, "shear_degrees": 9, "pad_value": 3}])")),
                         drawn(random_affine({.degrees = 40, .shear_degrees = 9, .pad_value = 3}))));
  EXPECT_TRUE(same_image(drawn(from(R"([{"name": "elastic", "nodes_across": 5, "sigma": 4}])")),
                         drawn(random_elastic({.nodes = {5, 3}, .sigma = 4}))));
  EXPECT_TRUE(same_image(drawn(from(R"([{"name": "color-jitter", "hue": 0.2, "contrast": 0}])")),
                         drawn(random_color_jitter({.contrast = 0, .hue = 0.2}))));
  EXPECT_TRUE(same_image(drawn(from(R"([{"name": "cutout", "count": 4, "side": 0.2, "value": 9}])")), drawn(random_cutout(4, 0.2, 9))));
  EXPECT_TRUE(same_image(drawn(from(R"([{"name": "flip", "probability": 1}])")), drawn(std::make_shared<RandomFlip>(1))));
  EXPECT_EQ(drawn(from(R"(["letterbox"])", {30, 60})).size(), cv::Size(30, 60));
  EXPECT_EQ(drawn(from(R"([{"name": "resized-crop", "min_scale": 0.5}])", {30, 60})).size(), cv::Size(30, 60));
}

TEST(AugmentationRecipe, ProbabilityIsOfBeingUsedAtAll) {
  const AugmentationPart part = from(R"([{"name": "gamma", "min": 2, "max": 3, "probability": 0.25}])");
  const cv::Mat image = test::numbered_image(48, 40);
  int changed = 0;
  for (std::uint64_t i = 0; i < 400; ++i) changed += !same_image(drawn(part, i), image);
  EXPECT_NEAR(changed, 100, 35);  // four standard deviations
}

TEST(AugmentationRecipe, PartsAreInTheirOrder) {
  EXPECT_EQ(drawn(from(R"([{"name": "patch", "min_scale": 1, "max_scale": 3}])", {24, 16})).size(), cv::Size(24, 16));
  EXPECT_EQ(drawn(from(R"([{"name": "scale-crop", "min_side": 20, "max_side": 30}, "letterbox"])", {16, 16})).size(), cv::Size(16, 16));
}

TEST(AugmentationRecipe, MistakesAreNamed) {
  const auto message = [](const std::string& text) {
    try {
      from(text);
    } catch (const OptionError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  using testing::HasSubstr;
  EXPECT_THAT(message(R"(["flop"])"), HasSubstr("did you mean \"flip\""));
  EXPECT_THAT(message(R"([{"name": "affine", "degree": 3}])"), HasSubstr("degrees"));
  EXPECT_THAT(message(R"([{"name": "affine", "degrees": "far"}])"), HasSubstr("augment, affine"));
  EXPECT_THAT(message(R"([{"degrees": 3}])"), HasSubstr("name is missing"));
  EXPECT_THAT(message(R"([3])"), HasSubstr("found 3"));
  EXPECT_THAT(message(R"({"name": "flip"})"), HasSubstr("are a list"));
  EXPECT_THAT(message(R"([{"name": "jpeg", "min_quality": 0}])"), HasSubstr("[random jpeg]"));
  EXPECT_THAT(message(R"([{"name": "blur", "probability": 2}])"), HasSubstr("probability"));
}

}  // namespace

}  // namespace fovea
