#include "fovea/base/append_file.hpp"

#include <gtest/gtest.h>

#include "fovea/base/crc32c.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

TEST(AppendFile, GrowsAndGoesOnWhereItEnded) {
  const test::TemporaryFolder folder;
  const auto path = folder / "a/log.jsonl";
  {
    AppendFile file(path);
    EXPECT_EQ(file.size(), 0U);
    file.append("one\n");
    EXPECT_EQ(read_text_file(path), "one\n") << "at once";
    file.append("two\n");
    EXPECT_EQ(file.size(), 8U);
  }
  AppendFile again(path);
  EXPECT_EQ(again.size(), 8U);
  again.append("three\n");
  EXPECT_EQ(read_text_file(path), "one\ntwo\nthree\n");
}

TEST(AppendFile, TruncateTakesBackWhatCameLater) {
  const test::TemporaryFolder folder;
  AppendFile file(folder / "log");
  file.append("kept and lost");
  file.truncate(5);
  file.append("on");
  EXPECT_EQ(read_text_file(folder / "log"), "kept on");
  EXPECT_THROW(file.truncate(8), FileError);
}

TEST(AppendFile, NamesAFileThatCannotBeOpened) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(AppendFile(folder.path()), FileError);
}

/// RFC 3720, appendix B.4, and the usual check value.
TEST(Crc32c, GivesThePublishedValues) {
  EXPECT_EQ(crc32c(""), 0U);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
  std::string ascending;
  for (int i = 0; i < 32; ++i) ascending += static_cast<char>(i);
  EXPECT_EQ(crc32c(ascending), 0x46DD794EU);
}

}  // namespace
}  // namespace fovea
