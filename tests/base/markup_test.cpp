#include "fovea/base/markup.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace fovea {
namespace {

TEST(Markup, WritesWhatMarkupMeansAsEntities) {
  EXPECT_EQ(escape_markup("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;");
  EXPECT_EQ(escape_markup("it's\t1\n"), "it's\t1\n");
  EXPECT_EQ(escape_markup("Zoë 猫 🐈"), "Zoë 猫 🐈");
  EXPECT_EQ(escape_markup(""), "");
}

TEST(Markup, ReplacesWhatNoDocumentMayHold) {
  EXPECT_EQ(escape_markup(std::string_view("a\0b\x1b", 4)), "a\uFFFDb\uFFFD");
  EXPECT_EQ(escape_markup("\xE9t\xE9"), "\uFFFDt\uFFFD") << "Latin-1";
  EXPECT_EQ(escape_markup("\xC0\xAF"), "\uFFFD\uFFFD") << "an overlong slash";
  EXPECT_EQ(escape_markup("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD") << "half a surrogate pair";
  EXPECT_EQ(escape_markup("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD") << "beyond the last character";
  EXPECT_EQ(escape_markup("\xE7\x8C"), "\uFFFD\uFFFD") << "cut short";
  EXPECT_EQ(escape_markup("\xEF\xBF\xBF"), "\uFFFD\uFFFD\uFFFD") << "no character";
}

// RFC 4648, section 10.
TEST(Markup, Base64OfTheStandardsExamples) {
  const auto encoded = [](std::string_view text) {
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    return to_base64(bytes);
  };
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
  EXPECT_EQ(encoded("\xFB\xEF\xFF"), "++//");
}

}  // namespace
}  // namespace fovea
