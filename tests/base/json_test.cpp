#include "fovea/base/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;

TEST(Json, ErrorsNameTheLineAndColumn) {
  try {
    parse_json("{\n  \"rate\": 0.1,\n  \"epochs\" 3\n}", "recipe.json");
    FAIL() << "no error";
  } catch (const FileError& error) {
    EXPECT_EQ(error.path(), "recipe.json");
    EXPECT_THAT(error.reason(), HasSubstr("line 3, column 12"));  // of the digit that stands where a colon should
  }
  EXPECT_THROW(parse_json("", "empty"), FileError);
  EXPECT_THROW(parse_json("{} trailing", "two"), FileError);
  EXPECT_THROW(parse_json("{\"a\": NaN}", "not a number"), FileError);
  EXPECT_THROW(parse_json("{\"a\": 1e999}", "too large"), FileError);
}

TEST(Json, KeysKeepTheirOrder) {
  const Json json = parse_json(R"({"zebra": 1, "apple": [true, null], "mango": {"b": "x", "a": -2.5}})", "text");
  EXPECT_EQ(to_text(json),
            "{\n  \"zebra\": 1,\n  \"apple\": [\n    true,\n    null\n  ],\n  \"mango\": {\n    \"b\": \"x\",\n    \"a\": "
            "-2.5\n  }\n}\n");
}

TEST(Json, DoublesReadBackToTheSameBits) {
  for (const double value : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0, 123456789.123456789}) {
    const Json read = parse_json(to_text(Json{{"v", value}}), "text");
    EXPECT_EQ(read["v"].get<double>(), value);
  }
  EXPECT_TRUE(parse_json(to_text(Json{{"v", std::numeric_limits<double>::infinity()}}), "text")["v"].is_null());
}

TEST(Json, InvalidUtf8IsReplaced) {
  EXPECT_THAT(to_text(Json{{"v",
                            "a\xff"
                            "b"}}),
              HasSubstr("a\xEF\xBF\xBD"
                        "b"));
}

TEST(Json, FilesGoOutAndIn) {
  const test::TemporaryFolder folder;
  const Json json{{"a", 1}, {"b", {1, 2, 3}}};
  write_json_file(folder / "x.json", json);
  EXPECT_EQ(read_json_file(folder / "x.json"), json);
  EXPECT_EQ(read_text_file(folder / "x.json").back(), '\n');
  EXPECT_THROW(read_json_file(folder / "missing.json"), FileError);
  try {
    read_json_file(folder.write("bad.json", "{\"a\":}"));
    FAIL() << "no error";
  } catch (const FileError& error) {
    EXPECT_THAT(error.what(), HasSubstr("bad.json: is not valid JSON at line 1, column 6"));
  }
}

TEST(Json, UnknownKeysAreErrorsWithAHint) {
  const std::vector<std::string> known{"epochs", "rate", "momentum"};
  EXPECT_NO_THROW(require_known_keys(Json{{"rate", 1}, {"epochs", 2}}, known, "options"));
  EXPECT_NO_THROW(require_known_keys(Json::object(), known, "options"));
  try {
    require_known_keys(Json{{"epochs", 1}, {"momentun", 0.9}}, known, "training options");
    FAIL() << "no error";
  } catch (const OptionError& error) {
    EXPECT_THAT(error.what(), HasSubstr("training options"));
    EXPECT_THAT(error.what(), HasSubstr("momentun"));
    EXPECT_THAT(error.what(), HasSubstr("did you mean \"momentum\"?"));
  }
  EXPECT_THROW(require_known_keys(Json::array(), known, "options"), OptionError);
}

}  // namespace
}  // namespace fovea
