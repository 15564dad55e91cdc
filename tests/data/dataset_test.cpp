#include "fovea/data/dataset.hpp"

#include <gtest/gtest.h>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

/// Sample i is a 1x1 image of value first + i with the label i % 2.
class Counting final : public ClassificationDataset {
 public:
  Counting(std::int64_t size, int first, std::vector<std::string> labels = {"even", "odd"})
      : size_(size), first_(first), labels_(std::move(labels)) {}
  std::int64_t size() const override { return size_; }
  ClassificationSample get(std::int64_t index) const override {
    require_index(index, size_);
    return {.image = cv::Mat(1, 1, CV_8UC1, cv::Scalar(first_ + static_cast<int>(index))), .label = label(index), .id = id(index)};
  }
  const std::vector<std::string>& labels() const override { return labels_; }
  std::int64_t label(std::int64_t index) const override { return index % 2; }
  std::string id(std::int64_t index) const override { return std::to_string(first_ + index); }

 private:
  std::int64_t size_;
  int first_;
  std::vector<std::string> labels_;
};

int pixel(const ClassificationDataset& dataset, std::int64_t index) { return dataset.get(index).image.at<std::uint8_t>(0, 0); }

TEST(Dataset, SubsetKeepsTheGivenOrder) {
  const auto some = subset(std::make_shared<Counting>(10, 100), {7, 0, 7});
  ASSERT_EQ(some->size(), 3);
  EXPECT_EQ(pixel(*some, 0), 107);
  EXPECT_EQ(pixel(*some, 1), 100);
  EXPECT_EQ(some->label(2), 1);
  EXPECT_EQ(some->id(2), "107");
  EXPECT_EQ(some->get(2).id, "107");
  EXPECT_EQ(some->labels(), (std::vector<std::string>{"even", "odd"}));
  EXPECT_THROW(some->get(3), OptionError);
  EXPECT_THROW(some->label(-1), OptionError);
  EXPECT_THROW(subset(std::make_shared<Counting>(10, 0), {10}), OptionError);
}

TEST(Dataset, ConcatenationPutsPartsOneAfterTheOther) {
  const auto all = concatenation({std::make_shared<Counting>(2, 10), std::make_shared<Counting>(0, 50), std::make_shared<Counting>(3, 20)});
  ASSERT_EQ(all->size(), 5);
  const std::vector<int> expected = {10, 11, 20, 21, 22};
  for (std::int64_t i = 0; i < 5; ++i) {
    EXPECT_EQ(pixel(*all, i), expected[static_cast<std::size_t>(i)]);
    EXPECT_EQ(all->id(i), std::to_string(expected[static_cast<std::size_t>(i)]));
    EXPECT_EQ(all->label(i), expected[static_cast<std::size_t>(i)] % 2);
  }
  EXPECT_THROW(all->get(5), OptionError);
  EXPECT_THROW(all->id(-1), OptionError);
  EXPECT_THROW(concatenation({}), OptionError);
  EXPECT_THROW(concatenation({std::make_shared<Counting>(2, 0), std::make_shared<Counting>(2, 0, std::vector<std::string>{"a", "b"})}),
               OptionError);
}

}  // namespace
}  // namespace fovea
