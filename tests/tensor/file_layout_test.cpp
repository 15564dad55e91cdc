#include "fovea/tensor/file_layout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;

constexpr FileLayout kPlain{};
constexpr FileLayout kConv{.kind = FileLayout::Kind::conv_filter};
constexpr FileLayout kConvTranspose{.kind = FileLayout::Kind::conv_transpose_filter};

Tensor counting(Shape shape) {
  std::vector<float> values(static_cast<std::size_t>(shape.numel()));
  std::iota(values.begin(), values.end(), 0.f);
  return Tensor::from(values, shape);
}

TEST(FileLayout, FiltersGoFromChannelsLastToChannelsFirst) {
  // One output, a 1 x 2 filter, three channels: red, green and blue of the left tap, then of the right one.
  const Tensor memory = Tensor::from<float>({1, 2, 3, 10, 20, 30}, {1, 1, 2, 3});
  const Tensor file = to_file(memory, kConv);
  EXPECT_EQ(file.shape(), (Shape{1, 3, 1, 2}));
  EXPECT_EQ(file.shape(), file_shape(memory.shape(), kConv));
  EXPECT_THAT(file.to_vector<float>(), ElementsAre(1, 10, 2, 20, 3, 30));
  const Tensor back = from_file(file, kConv);
  EXPECT_EQ(back.shape(), memory.shape());
  EXPECT_EQ(back.to_vector<float>(), memory.to_vector<float>());
}

TEST(FileLayout, EveryFilterElementIsWhereItsIndicesSay) {
  const Tensor memory = counting({4, 3, 5, 2});
  const Tensor file = to_file(memory, kConv);
  const auto at = [](const Tensor& t, std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d) {
    return t.data<float>()[((a * t.extent(1) + b) * t.extent(2) + c) * t.extent(3) + d];
  };
  for (std::int64_t k = 0; k < 4; ++k)
    for (std::int64_t r = 0; r < 3; ++r)
      for (std::int64_t s = 0; s < 5; ++s)
        for (std::int64_t c = 0; c < 2; ++c) EXPECT_EQ(at(file, k, c, r, s), at(memory, k, r, s, c));
}

TEST(FileLayout, FiltersOfTransposedConvolutionsKeepTheirInputsFirst) {
  // Two inputs, a 1 x 2 filter, three outputs: files are [in, out, height, width].
  const Tensor memory = Tensor::from<float>({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, {2, 1, 2, 3});
  const Tensor file = to_file(memory, kConvTranspose);
  EXPECT_EQ(file.shape(), (Shape{2, 3, 1, 2}));
  EXPECT_EQ(file.shape(), file_shape(memory.shape(), kConvTranspose));
  EXPECT_THAT(file.to_vector<float>(), ElementsAre(1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12));
  EXPECT_EQ(from_file(file, kConvTranspose).to_vector<float>(), memory.to_vector<float>());
}

TEST(FileLayout, ColumnsAfterAFlattenArePermuted) {
  // An image of 1 x 2 pixels and two channels: memory columns are (pixel, channel), file columns (channel, pixel).
  const FileLayout layout{FileLayout::Kind::linear_after_flatten, 1, 2, 2};
  const Tensor memory = Tensor::from<float>({1, 2, 3, 4, 5, 6, 7, 8}, {2, 4});
  const Tensor file = to_file(memory, layout);
  EXPECT_EQ(file.shape(), (Shape{2, 4}));
  EXPECT_THAT(file.to_vector<float>(), ElementsAre(1, 3, 2, 4, 5, 7, 6, 8));
  EXPECT_EQ(from_file(file, layout).to_vector<float>(), memory.to_vector<float>());
}

TEST(FileLayout, RoundTripsKeepEveryElementAndType) {
  const FileLayout linear{FileLayout::Kind::linear_after_flatten, 2, 3, 5};
  for (const DType dtype : {DType::f32, DType::f64, DType::u8, DType::i64}) {
    const Tensor filter = counting({4, 3, 2, 5}).to(dtype), matrix = counting({4, 30}).to(dtype), bias = counting({7}).to(dtype);
    const auto values = [](const Tensor& t) { return t.to(DType::f64).to_vector<double>(); };
    EXPECT_EQ(values(from_file(to_file(filter, kConv), kConv)), values(filter));
    EXPECT_EQ(values(from_file(to_file(matrix, linear), linear)), values(matrix));
    EXPECT_EQ(values(from_file(to_file(bias, kPlain), kPlain)), values(bias));
    EXPECT_EQ(to_file(filter, kConv).dtype(), dtype);
  }
}

TEST(FileLayout, ResultsAreCopies) {
  const Tensor bias = counting({3});
  EXPECT_FALSE(to_file(bias, kPlain).shares_storage_with(bias));
  EXPECT_FALSE(from_file(bias, kPlain).shares_storage_with(bias));
}

TEST(FileLayout, ShapesThatDoNotFitAreErrors) {
  const FileLayout linear{FileLayout::Kind::linear_after_flatten, 2, 2, 3};
  EXPECT_THROW(to_file(counting({2, 3}), kConv), ShapeError);
  EXPECT_THROW(from_file(counting({2, 3, 4}), kConv), ShapeError);
  EXPECT_THROW(to_file(counting({2, 13}), linear), ShapeError);
  EXPECT_THROW(from_file(counting({12}), linear), ShapeError);
  EXPECT_THROW(file_shape({2, 3}, kConv), ShapeError);
  EXPECT_THROW(file_shape({2, 3}, kConvTranspose), ShapeError);
}

}  // namespace
}  // namespace fovea
