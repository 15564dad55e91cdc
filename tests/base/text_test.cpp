#include "fovea/base/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace fovea {
namespace {

const std::vector<std::string> kNetworks{"lenet5", "resnet18", "resnet50", "vgg16"};

TEST(Text, FindsTheNearestName) {
  EXPECT_EQ(nearest_name("resnet81", kNetworks), "resnet18");
  EXPECT_EQ(nearest_name("lenet", kNetworks), "lenet5");
  EXPECT_EQ(nearest_name("vgg16", kNetworks), "vgg16");
  EXPECT_EQ(nearest_name("transformer", kNetworks), "");
  EXPECT_EQ(nearest_name("x", {}), "");
  const std::vector<std::string> near_and_nearer{"abcd", "abce"};
  EXPECT_EQ(nearest_name("abcf", near_and_nearer), "abcd");  // the first of equals
}

TEST(Text, UnknownNamesAreReportedInOneWording) {
  EXPECT_EQ(unknown_name_message("network", "lenet", kNetworks),
            "unknown network \"lenet\"; did you mean \"lenet5\"? Known: lenet5, resnet18, resnet50, vgg16");
  EXPECT_EQ(unknown_name_message("network", "transformer", kNetworks),
            "unknown network \"transformer\". Known: lenet5, resnet18, resnet50, vgg16");
}

TEST(Text, SplitsAtEverySeparator) {
  using Parts = std::vector<std::string>;
  EXPECT_EQ(split("a,b,c", ','), (Parts{"a", "b", "c"}));
  EXPECT_EQ(split("a,,c,", ','), (Parts{"a", "", "c", ""}));
  EXPECT_EQ(split(",", ','), (Parts{"", ""}));
  EXPECT_EQ(split("abc", ','), (Parts{"abc"}));
  EXPECT_EQ(split("", ','), Parts{});
}

TEST(Text, NumbersInNamesCompareAsNumbers) {
  // In their order; every pair is compared.
  const std::vector<std::string> ordered{"",
                                         "0",
                                         "1",
                                         "1a",
                                         "2",
                                         "10",
                                         "IMG",
                                         "a1b1",
                                         "a1b02",
                                         "a1b2",
                                         "a1b10",
                                         "a10b1",
                                         "b",
                                         "img002",
                                         "img2",
                                         "img3",
                                         "img10",
                                         "img99999999999999999999998",
                                         "img99999999999999999999999",
                                         "imgx",
                                         "\xc3\xa9"};
  for (std::size_t i = 0; i < ordered.size(); ++i)
    for (std::size_t j = 0; j < ordered.size(); ++j)
      EXPECT_EQ(natural_less(ordered[i], ordered[j]), i < j) << ordered[i] << " and " << ordered[j];
}

TEST(Text, NaturalOrderIsStrictAndWeak) {
  std::vector<std::string> words;
  for (const char* a : {"", "0", "00", "a", "1", "01"})
    for (const char* b : {"", "0", "x", "10", "010"})
      for (const char* c : {"", "b", "00"}) words.push_back(std::string(a) + b + c);
  for (const auto& a : words)
    for (const auto& b : words) {
      EXPECT_FALSE(natural_less(a, b) && natural_less(b, a)) << a << ", " << b;
      EXPECT_EQ(!natural_less(a, b) && !natural_less(b, a), a == b) << a << ", " << b;
      for (const auto& c : words)
        EXPECT_FALSE(natural_less(a, b) && natural_less(b, c) && !natural_less(a, c)) << a << ", " << b << ", " << c;
    }
}

TEST(MatchesPattern, StarsAndQuestionMarks) {
  for (const char* pattern : {"fc.weight", "fc.*", "*", "*.weight", "f?.we*t", "*fc*weight*", "fc.weight*", "??.??????"})
    EXPECT_TRUE(matches_pattern("fc.weight", pattern)) << pattern;
  for (const char* pattern : {"", "fc", "fc.", "?", "c.*", "fc.*.bias", "fc.weights", "*weigh", "fcc*"})
    EXPECT_FALSE(matches_pattern("fc.weight", pattern)) << pattern;
  EXPECT_TRUE(matches_pattern("", ""));
  EXPECT_TRUE(matches_pattern("", "**"));
  EXPECT_FALSE(matches_pattern("", "?"));
  EXPECT_TRUE(matches_pattern("abcabcabd", "*abd"));                            // a first try that fails begins again further on
  EXPECT_FALSE(matches_pattern(std::string(5000, 'a'), "*a*a*a*a*a*a*a*a*b"));  // in no time
}

}  // namespace
}  // namespace fovea
