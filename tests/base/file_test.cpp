#include "fovea/base/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>

#include "fovea/base/error.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using testing::HasSubstr;

std::size_t entries_of(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

/// The error that `call` throws; fails when it throws none.
template <class Call>
std::string file_error(Call call) {
  try {
    call();
  } catch (const FileError& error) {
    EXPECT_EQ(error.what(), error.path() + ": " + error.reason());
    return error.what();
  }
  ADD_FAILURE() << "no FileError";
  return "";
}

TEST(File, ReadsWhatWasWritten) {
  const TemporaryFolder folder;
  const std::string bytes("a\0b\r\n\xff", 6);
  write_file(folder / "new/deep/file.bin", bytes);
  EXPECT_EQ(read_text_file(folder / "new/deep/file.bin"), bytes);
  EXPECT_EQ(read_file(folder / "new/deep/file.bin"), (std::vector<std::uint8_t>{'a', 0, 'b', '\r', '\n', 0xff}));
  write_file(folder / "empty", "");
  EXPECT_TRUE(read_file(folder / "empty").empty());
}

TEST(File, MissingFilesAndFoldersAreErrors) {
  const TemporaryFolder folder;
  EXPECT_THAT(file_error([&] { read_file(folder / "missing.bin"); }), HasSubstr("missing.bin: cannot be opened: No such file"));
  EXPECT_THAT(file_error([&] { read_file(folder.path()); }), HasSubstr("is a folder, expected a file"));
  EXPECT_THAT(file_error([&] { read_text_file(folder / "missing.txt"); }), HasSubstr("missing.txt"));
}

TEST(File, TheLimitIsOnBytes) {
  const TemporaryFolder folder;
  const fs::path file = folder.write("five", "12345");
  EXPECT_EQ(read_file(file, 5).size(), 5u);
  EXPECT_THAT(file_error([&] { read_file(file, 4); }), HasSubstr("has 5 bytes, expected at most 4"));
}

// Such files tell no size, and reading until their end must not be skipped for it.
TEST(File, FilesWithoutASizeAreRead) {
  if (!fs::exists("/proc/self/status")) GTEST_SKIP() << "no /proc here";
  EXPECT_THAT(read_text_file("/proc/self/status"), HasSubstr("Pid:"));
  EXPECT_THAT(file_error([] { read_file("/proc/self/status", 10); }), HasSubstr("expected at most 10"));
}

TEST(File, ReplacingLeavesNothingBehind) {
  const TemporaryFolder folder;
  const fs::path file = folder / "model.fovea";
  write_file(file, "old, and longer than the new one");
  write_file(file, "new");
  EXPECT_EQ(read_text_file(file), "new");
  EXPECT_EQ(entries_of(folder.path()), 1u);
}

TEST(File, TheProducerGetsATemporaryNameWithTheExtension) {
  const TemporaryFolder folder;
  const fs::path file = folder / "picture.png";
  fs::path seen;
  write_file_with(file, [&](const fs::path& temporary) {
    seen = temporary;
    EXPECT_FALSE(fs::exists(file));
    std::ofstream(temporary) << "pixels";
  });
  EXPECT_NE(seen, file);
  EXPECT_EQ(seen.extension(), ".png");
  EXPECT_EQ(seen.parent_path(), file.parent_path());
  EXPECT_EQ(read_text_file(file), "pixels");
  EXPECT_EQ(entries_of(folder.path()), 1u);
}

TEST(File, AFailingProducerLeavesTheOldFile) {
  const TemporaryFolder folder;
  const fs::path file = folder.write("state.bin", "old");
  EXPECT_THROW(write_file_with(file,
                               [](const fs::path& temporary) {
                                 std::ofstream(temporary) << "half";
                                 throw std::length_error("stopped");
                               }),
               std::length_error);
  EXPECT_EQ(read_text_file(file), "old");
  EXPECT_EQ(entries_of(folder.path()), 1u);
}

TEST(File, AProducerThatWritesNothingIsAnError) {
  const TemporaryFolder folder;
  const fs::path file = folder.write("state.bin", "old");
  EXPECT_NE(file_error([&] { write_file_with(file, [](const fs::path&) {}); }), "");
  EXPECT_EQ(read_text_file(file), "old");
}

TEST(File, PathsThatCannotBeWrittenAreErrors) {
  const TemporaryFolder folder;
  const fs::path file = folder.write("file", "bytes");
  EXPECT_THAT(file_error([&] { write_file(file / "below", "x"); }), HasSubstr("cannot be created as a folder"));
  EXPECT_THAT(file_error([&] { make_folder(file); }), HasSubstr("cannot be created as a folder: Not a directory"));
  fs::create_directories(folder / "occupied");
  folder.write("occupied/file", "x");
  EXPECT_THAT(file_error([&] { write_file(folder / "occupied", "x"); }), HasSubstr("cannot be replaced"));
  EXPECT_EQ(read_text_file(file), "bytes");
  EXPECT_EQ(entries_of(folder.path()), 2u);
}

TEST(File, MakesFoldersThatMayExist) {
  const TemporaryFolder folder;
  make_folder(folder / "a/b/c");
  make_folder(folder / "a/b/c");
  EXPECT_TRUE(fs::is_directory(folder / "a/b/c"));
}

}  // namespace
}  // namespace fovea
