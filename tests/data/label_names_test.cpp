#include "fovea/data/label_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

TEST(LabelNames, OnePerLine) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(read_label_names(folder.write("a", "T-shirt/top\r\n  Ankle boot \nKleid ü\n\n \n")),
              testing::ElementsAre("T-shirt/top", "Ankle boot", "Kleid ü"));
  EXPECT_THAT(read_label_names(folder.write("b", "a\nb")), testing::ElementsAre("a", "b"));
}

TEST(LabelNames, RefusesWhatCannotNameClasses) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(read_label_names(folder / "missing"), FileError);
  EXPECT_THROW(read_label_names(folder.write("empty", "\n \n")), FileError);
  EXPECT_THROW(read_label_names(folder.write("hole", "a\n\nb\n")), FileError);
  EXPECT_THROW(read_label_names(folder.write("twice", "a\nb\na\n")), FileError);
}

}  // namespace
}  // namespace fovea
