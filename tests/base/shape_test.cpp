#include "fovea/base/shape.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

TEST(Shape, CountsItsElements) {
  EXPECT_EQ(Shape().numel(), 1);
  EXPECT_EQ(Shape().rank(), 0);
  EXPECT_EQ((Shape{2, 3, 4}).numel(), 24);
  EXPECT_EQ((Shape{2, 0, 4}).numel(), 0);
  EXPECT_EQ((Shape{32, 56, 56, 64}).to_string(), "[32,56,56,64]");
  EXPECT_EQ(Shape().to_string(), "[]");
}

TEST(Shape, AxesCountFromBothEnds) {
  const Shape shape{5, 6, 7};
  EXPECT_EQ(shape[1], 6);
  EXPECT_EQ(shape.at(0), 5);
  EXPECT_EQ(shape.at(-1), 7);
  EXPECT_EQ(shape.at(-3), 5);
  EXPECT_THROW(shape.at(3), ShapeError);
  EXPECT_THROW(shape.at(-4), ShapeError);
  EXPECT_THROW(Shape().at(0), ShapeError);
}

TEST(Shape, EqualityComparesRankAndExtents) {
  EXPECT_EQ((Shape{2, 3}), (Shape{2, 3}));
  EXPECT_NE((Shape{2, 3}), (Shape{3, 2}));
  EXPECT_NE((Shape{2, 3}), (Shape{2, 3, 1}));
  EXPECT_NE(Shape(), Shape{0});
}

TEST(Shape, RefusesWhatNoTensorCanHave) {
  EXPECT_THROW((Shape{2, -1}), ShapeError);
  EXPECT_THROW((Shape{1, 1, 1, 1, 1, 1, 1}), ShapeError);
  constexpr std::int64_t kHuge = std::int64_t{1} << 40;
  EXPECT_THROW((Shape{kHuge, kHuge}), ShapeError);
  EXPECT_THROW((Shape{kHuge, 0, kHuge}), ShapeError);  // a product that overflows before it meets the zero
  EXPECT_EQ((Shape{std::int64_t{1} << 31, std::int64_t{1} << 31}).numel(), std::int64_t{1} << 62);
  try {
    Shape({4, -7});
    FAIL() << "no error";
  } catch (const ShapeError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("[4,-7]"));
  }
}

TEST(Shape, IteratesOutermostFirst) {
  const Shape shape{3, 1, 2};
  EXPECT_EQ(std::vector<std::int64_t>(shape.begin(), shape.end()), (std::vector<std::int64_t>{3, 1, 2}));
  EXPECT_EQ(Shape(shape.extents()), shape);
}

}  // namespace
}  // namespace fovea
