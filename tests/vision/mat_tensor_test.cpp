#include "fovea/vision/mat_tensor.hpp"

#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "mat_matchers.hpp"

namespace fovea {

namespace {

TEST(MatTensor, RoundTrip) {
  for (const auto& [depth, dtype] : {std::pair(CV_8U, DType::u8), {CV_32S, DType::i32}, {CV_32F, DType::f32}, {CV_64F, DType::f64}})
    for (const int channels : {1, 3, 6}) {
      const cv::Mat image = test::numbered_image(5, 4, CV_MAKETYPE(depth, channels));
      const Tensor tensor = to_tensor(image);
      EXPECT_EQ(tensor.dtype(), dtype);
      EXPECT_EQ(tensor.shape(), Shape({4, 5, channels}));
      EXPECT_TRUE(test::same_image(to_mat(tensor), image));
    }
}

TEST(MatTensor, ValuesKeepTheirOrder) {
  const Tensor tensor = to_tensor((cv::Mat_<cv::Vec3b>(1, 2) << cv::Vec3b(1, 2, 3), cv::Vec3b(4, 5, 6)));
  EXPECT_EQ(tensor.to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}));
}

TEST(MatTensor, PartsOfImagesAndPlainMatrices) {
  const cv::Mat image = test::numbered_image(5, 4);
  const cv::Mat part = image({1, 1, 3, 2});
  EXPECT_TRUE(test::same_image(to_mat(to_tensor(part)), part));
  EXPECT_EQ(to_mat(Tensor::zeros({3, 7})).size(), cv::Size(7, 3));
  EXPECT_EQ(to_tensor(cv::Mat()).shape(), Shape({0, 0, 1}));
}

TEST(MatTensor, Copies) {
  cv::Mat image = test::numbered_image(3, 2);
  const Tensor tensor = to_tensor(image);
  cv::Mat back = to_mat(tensor);
  image.setTo(0);
  back.setTo(1);
  EXPECT_TRUE(test::same_image(to_mat(tensor), test::numbered_image(3, 2)));
}

TEST(MatTensor, RefusesOtherKinds) {
  EXPECT_THROW(to_tensor(cv::Mat(2, 2, CV_16U)), ShapeError);
  EXPECT_THROW(to_tensor(cv::Mat(std::vector<int>{2, 2, 2}, CV_8U)), ShapeError);
  EXPECT_THROW(to_mat(Tensor::zeros({2, 2}, DType::i64)), ShapeError);
  EXPECT_THROW(to_mat(Tensor::zeros({2})), ShapeError);
  EXPECT_THROW(to_mat(Tensor::zeros({1, 2, 2, 3})), ShapeError);
  EXPECT_THROW(to_mat(Tensor::zeros({2, 2, 513})), ShapeError);
  EXPECT_THROW(to_mat(Tensor::zeros({2, 2, 0})), ShapeError);
}

}  // namespace

}  // namespace fovea
