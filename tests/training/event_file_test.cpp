// Event files, read back by a reader of its own that is written from the format's description.
#include "fovea/training/event_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>

#include "event_reader.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using test::Event;
using test::read_events;
using test::TemporaryFolder;

std::filesystem::path only_file(const TemporaryFolder& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) files.push_back(entry.path());
  EXPECT_EQ(files.size(), 1U);
  return files.front();
}

TEST(EventFile, ReadsBackToWhatWasWritten) {
  const TemporaryFolder folder;
  {
    EventFile file(folder.path());
    file.add_scalars(1, {{"train/loss", 2.302585}, {"train/learning_rate", 0.1}});
    file.add_scalars(std::int64_t{1} << 40, {{"train/loss", -std::numeric_limits<double>::infinity()}});
    file.add_scalars(7, {});
    file.add_image(3, "batch", 640, 480, std::string("\x89PNG\0\r\n", 7));
  }
  const auto file = only_file(folder);
  EXPECT_TRUE(file.filename().string().starts_with("events.out.tfevents."));
  const std::vector<Event> events = read_events(file);
  ASSERT_EQ(events.size(), 4U) << "no event without numbers";
  EXPECT_EQ(events[0].file_version, "brain.Event:2");
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  for (const Event& event : events) EXPECT_NEAR(event.wall_time, now, 60);

  EXPECT_EQ(events[1].step, 1);
  ASSERT_EQ(events[1].values.size(), 2U);
  EXPECT_EQ(events[1].values[0].tag, "train/loss");
  EXPECT_EQ(events[1].values[0].simple_value, 2.302585F);
  EXPECT_EQ(events[1].values[1].tag, "train/learning_rate");
  EXPECT_EQ(events[1].values[1].simple_value, 0.1F);
  EXPECT_EQ(events[2].step, std::int64_t{1} << 40);
  EXPECT_EQ(events[2].values[0].simple_value, -std::numeric_limits<float>::infinity());

  EXPECT_EQ(events[3].step, 3);
  ASSERT_EQ(events[3].values.size(), 1U);
  EXPECT_EQ(events[3].values[0].tag, "batch");
  EXPECT_EQ(events[3].values[0].width, 640);
  EXPECT_EQ(events[3].values[0].height, 480);
  EXPECT_EQ(events[3].values[0].colorspace, 3);
  EXPECT_EQ(events[3].values[0].encoded_image, std::string("\x89PNG\0\r\n", 7));
}

TEST(EventFile, GoesOnWithTheFileOfItsFolder) {
  const TemporaryFolder folder;
  EventFile(folder.path()).add_scalars(1, {{"a", 1}});
  EventFile(folder.path()).add_scalars(2, {{"a", 2}});
  const std::vector<Event> events = read_events(only_file(folder));
  ASSERT_EQ(events.size(), 3U) << "one file version";
  EXPECT_EQ(events[2].step, 2);
  EXPECT_EQ(events[2].values[0].simple_value, 2.0F);
}

TEST(EventFile, EveryDamagedByteIsSeen) {
  const TemporaryFolder folder;
  EventFile(folder.path()).add_scalars(5, {{"train/loss", 0.5}});
  const auto file = only_file(folder);
  const std::string bytes = read_text_file(file);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    EXPECT_THROW(test::parse_events(damaged), std::runtime_error) << "byte " << i << ": the reader above must see it, or it checks nothing";
  }
}

}  // namespace
}  // namespace fovea
