#include "fovea/vision/preprocessing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "mat_matchers.hpp"

namespace fovea {

namespace {

using testing::HasSubstr;

Preprocessing colour() { return {.width = 2, .height = 1, .channels = 3, .mean = {0.5, 0.25, 0.75}, .deviation = {0.5, 0.25, 2}}; }

Preprocessing grey() { return {.width = 2, .height = 1, .channels = 1, .mean = {0.25}, .deviation = {0.5}}; }

template <class Body>
std::string message_of(Body&& body) {
  try {
    body();
    return "";
  } catch (const OptionError& error) {
    return error.what();
  }
}

TEST(Preprocessing, ValuesInTheOrderOfColours) {
  const cv::Mat image = (cv::Mat_<cv::Vec3b>(1, 2) << cv::Vec3b(255, 51, 0), cv::Vec3b(0, 0, 255));
  std::vector<float> values(6);
  colour().fill(image, values.data());
  // Red 0: (0 - 0.5) / 0.5; green 51 / 255 = 0.2: (0.2 - 0.25) / 0.25; blue 1: (1 - 0.75) / 2. Then red 1, green 0, blue 0.
  EXPECT_THAT(values, testing::Pointwise(testing::FloatNear(1e-6F), {-1.0F, -0.2F, 0.125F, 1.0F, -1.0F, -0.375F}));
}

TEST(Preprocessing, LumaForOneChannel) {
  const cv::Mat image = (cv::Mat_<cv::Vec3b>(1, 2) << cv::Vec3b(255, 0, 0), cv::Vec3b(10, 200, 100));
  std::vector<float> values(2);
  grey().fill(image, values.data());
  // 0.114 * 255 = 29.07; 0.114 * 10 + 0.587 * 200 + 0.299 * 100 = 148.44
  EXPECT_NEAR(values[0], (29 / 255.0 - 0.25) / 0.5, 1e-6);
  EXPECT_NEAR(values[1], (148 / 255.0 - 0.25) / 0.5, 1e-6);
}

TEST(Preprocessing, GreyImages) {
  const cv::Mat image = (cv::Mat_<std::uint8_t>(1, 2) << 0, 255);
  std::vector<float> one(2), three(6);
  grey().fill(image, one.data());
  EXPECT_THAT(one, testing::Pointwise(testing::FloatNear(1e-6F), {-0.5F, 1.5F}));
  colour().fill(image, three.data());
  EXPECT_THAT(three, testing::Pointwise(testing::FloatNear(1e-6F), {-1.0F, -1.0F, -0.375F, 1.0F, 3.0F, 0.125F}));
}

TEST(Preprocessing, TakesPartsOfImages) {
  const cv::Mat large = test::numbered_image(5, 4);
  const cv::Mat part = large({1, 2, 2, 1});
  std::vector<float> of_part(6), of_copy(6);
  colour().fill(part, of_part.data());
  colour().fill(part.clone(), of_copy.data());
  EXPECT_EQ(of_part, of_copy);
}

TEST(Preprocessing, RefusesOtherImages) {
  std::vector<float> values(6);
  EXPECT_THROW(colour().fill(cv::Mat(2, 2, CV_8UC3), values.data()), ShapeError);
  EXPECT_THROW(colour().fill(cv::Mat(1, 2, CV_32FC3), values.data()), ShapeError);
  EXPECT_THROW(colour().fill(cv::Mat(1, 2, CV_8UC4), values.data()), ShapeError);
  EXPECT_THROW(colour().batch(std::vector<cv::Mat>{cv::Mat()}), OptionError);
}

TEST(Preprocessing, BatchAndBack) {
  Preprocessing preprocessing = colour();
  preprocessing.width = 8, preprocessing.height = 6;
  const std::vector<cv::Mat> images{test::numbered_image(8, 6), cv::Mat(6, 8, CV_8UC3, cv::Scalar(1, 2, 3)),
                                    cv::Mat(3, 4, CV_8UC3, cv::Scalar(9, 8, 7))};
  const Tensor batch = preprocessing.batch(images);
  EXPECT_EQ(batch.shape(), Shape({3, 6, 8, 3}));
  EXPECT_TRUE(test::same_image(preprocessing.to_image(batch, 0), images[0]));
  EXPECT_TRUE(test::same_image(preprocessing.to_image(batch, 1), images[1]));
  EXPECT_TRUE(test::same_image(preprocessing.to_image(batch, 2), cv::Mat(6, 8, CV_8UC3, cv::Scalar(9, 8, 7))));
  EXPECT_THROW(preprocessing.to_image(batch, 3), ShapeError);
  EXPECT_THROW(colour().to_image(batch, 0), ShapeError);
  EXPECT_EQ(preprocessing.batch({}).shape(), Shape({0, 6, 8, 3}));
  const Tensor of_grey = grey().batch(std::vector<cv::Mat>{(cv::Mat_<std::uint8_t>(1, 2) << 7, 250)});
  EXPECT_TRUE(test::same_image(grey().to_image(of_grey, 0), (cv::Mat_<cv::Vec3b>(1, 2) << cv::Vec3b::all(7), cv::Vec3b::all(250))));
}

TEST(Preprocessing, GeometryFollowsItsMode) {
  Preprocessing preprocessing = grey();
  preprocessing.width = preprocessing.height = 4;
  const cv::Mat image(2, 4, CV_8U, cv::Scalar(200));
  preprocessing.resize = Preprocessing::ResizeMode::letterbox;
  EXPECT_EQ(preprocessing.geometry(image.size())->apply(image).at<std::uint8_t>(0, 0), 114);
  preprocessing.resize = Preprocessing::ResizeMode::stretch;
  EXPECT_EQ(preprocessing.geometry(image.size())->apply(cv::Point2d(4, 2)), cv::Point2d(4, 4));
  preprocessing.resize = Preprocessing::ResizeMode::center_crop;
  EXPECT_EQ(preprocessing.geometry(image.size())->apply(cv::Point2d(1, 0)), cv::Point2d(0, 0));
}

TEST(Preprocessing, JsonRoundTrip) {
  Preprocessing preprocessing = colour();
  preprocessing.mean[0] = 0.1 + 0.2;
  preprocessing.resize = Preprocessing::ResizeMode::center_crop;
  preprocessing.pad_value = 7;
  const Json json = parse_json(to_text(preprocessing.to_json()), "text");
  EXPECT_EQ(Preprocessing::from_json(json, "here"), preprocessing);
  EXPECT_EQ(json["resize"], "center_crop");
}

TEST(Preprocessing, JsonErrorsNameTheMember) {
  const auto error_with = [](const char* key, const Json& value) {
    Json json = colour().to_json();
    json[key] = value;
    return message_of([&] { Preprocessing::from_json(json, "preprocessing of m.fovea"); });
  };
  EXPECT_THAT(error_with("width", 0), HasSubstr("0x1"));
  EXPECT_THAT(error_with("width", "8"), HasSubstr("width is \"8\", expected a whole number"));
  EXPECT_THAT(error_with("height", 2.5), HasSubstr("height is 2.5"));
  EXPECT_THAT(error_with("height", 1e300), HasSubstr("height is 1e+300"));
  EXPECT_THAT(error_with("channels", 2), HasSubstr("channels is 2, expected 1 or 3"));
  EXPECT_THAT(error_with("channels", 1), HasSubstr("mean has 3 numbers, expected one for each of 1 channels"));
  EXPECT_THAT(error_with("mean", Json::array({1, 2})), HasSubstr("mean has 2 numbers"));
  EXPECT_THAT(error_with("mean", Json::array({1, 2, "3"})), HasSubstr("expected a list of numbers"));
  EXPECT_THAT(error_with("deviation", Json::array({1, 0, 3})), HasSubstr("deviation holds 0"));
  EXPECT_THAT(error_with("resize", "strech"), HasSubstr("did you mean \"stretch\"?"));
  EXPECT_THAT(error_with("resize", 3), HasSubstr("resize is 3"));
  EXPECT_THAT(error_with("pad_value", 300), HasSubstr("pad_value is 300"));
  EXPECT_THAT(error_with("widht", 3), testing::AllOf(HasSubstr("preprocessing of m.fovea"), HasSubstr("did you mean \"width\"?")));
  EXPECT_THAT(message_of([] { Preprocessing::from_json(Json::array(), "here"); }), HasSubstr("here: expected a JSON object"));
  Json incomplete = colour().to_json();
  incomplete.erase("mean");
  EXPECT_THAT(message_of([&] { Preprocessing::from_json(incomplete, "here"); }), HasSubstr("here: mean is missing"));
}

}  // namespace

}  // namespace fovea
