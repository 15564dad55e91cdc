#include "fovea/pipelines/gradient_selftest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "fovea/base/file.hpp"

namespace fovea {
namespace {

/// The string literals that the operations' sources return from name().
std::set<std::string> functions_in_sources() {
  const std::regex literal(R"re(name\(\) const override \{[^}]*\})re"), quoted(R"re("([a-z0-9_]+)")re");
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(FOVEA_OPERATIONS)) {
    const std::string text = read_text_file(entry.path());
    for (std::sregex_iterator body(text.begin(), text.end(), literal), end; body != end; ++body) {
      const std::string found = body->str();
      for (std::sregex_iterator name(found.begin(), found.end(), quoted); name != end; ++name) names.insert((*name)[1]);
    }
  }
  return names;
}

TEST(GradientSelftest, EveryOperationIsRight) {
  for (const GradientRow& row : selftest_gradients()) {
    EXPECT_TRUE(row.passed()) << row.operation << ": " << row.failure;
    EXPECT_GE(row.cases, 1) << row.operation;
    EXPECT_LE(row.largest_error, row.tolerance) << row.operation;
    EXPECT_FALSE(row.functions.empty()) << row.operation << " ran no function of the tape";
  }
}

/// A function without a gradient check cannot be added: the sources are the list to compare with.
TEST(GradientSelftest, NoOperationOfTheSourcesIsMissing) {
  std::set<std::string> checked;
  for (const GradientRow& row : selftest_gradients()) checked.insert(row.functions.begin(), row.functions.end());
  checked.insert("cast");  // rounds to f32 more coarsely than the differences' steps; tests/autograd has its gradient
  const std::set<std::string> written = functions_in_sources();
  EXPECT_GE(written.size(), 20u) << "the sources of the operations were not found in " << FOVEA_OPERATIONS;
  for (const std::string& name : written) EXPECT_TRUE(checked.contains(name)) << name << " has no case in pipelines/src/selftest/gradients";
}

TEST(GradientSelftest, TheReportNamesWhatFails) {
  const std::vector<GradientRow> rows = {
      {.operation = "fold", .functions = {"fold"}, .cases = 3, .largest_error = 1e-9, .tolerance = 1e-6},
      {.operation = "spin", .cases = 2, .tolerance = 1e-6, .failure = "case 2: input 0 got no gradient"}};
  EXPECT_THAT(to_text(rows), testing::AllOf(testing::HasSubstr("FAIL: case 2: input 0 got no gradient"),
                                            testing::HasSubstr("the gradients of 1 of 2 operations are wrong")));
  const Json json = to_json(rows);
  EXPECT_EQ(json["passed"], false);
  EXPECT_EQ(json["gradients"].size(), 2u);
  EXPECT_EQ(json["gradients"][0]["cases"], 3);
  EXPECT_EQ(json["gradients"][1]["passed"], false);
}

}  // namespace
}  // namespace fovea
