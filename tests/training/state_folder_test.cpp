// States on disk: found damaged whatever is changed, kept whatever goes wrong.
#include "fovea/training/state_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <string>
#include <vector>

#include "fovea/base/checksum.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

TrainingState state_of(std::int64_t epoch) {
  return {.tensors = {{"model/a.weight", Tensor::full({7, 5}, static_cast<double>(epoch))},
                      {"model/steps", Tensor::full({}, 3, DType::i64)},
                      {"model/empty", Tensor::zeros({0, 2}, DType::f64)}},
          .values = {{"trainer/epoch", epoch}, {"hooks/csv_log/text", "epoch,loss\n1,0.25\n"}, {"trainer/best", 1.0 / 3}}};
}
std::int64_t epoch_of(const TrainingState& state) { return state.values.at("trainer/epoch").get<std::int64_t>(); }

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(StateFile, ReadsBackToTheSame) {
  const TemporaryFolder folder;
  write_state_file(folder / "new/a.state", state_of(2));
  const TrainingState read = read_state_file(folder / "new/a.state");
  const TrainingState written = state_of(2);
  EXPECT_EQ(read.values, written.values);
  ASSERT_EQ(read.tensors.size(), written.tensors.size());
  for (const auto& [name, tensor] : written.tensors) {
    ASSERT_EQ(read.tensors.at(name).spec(), tensor.spec()) << name;
    EXPECT_EQ(read.tensors.at(name).to(DType::f64).to_vector<double>(), tensor.to(DType::f64).to_vector<double>()) << name;
  }
}

/// Every damage that a test can think of: cut off at every 64th of the length and one byte before the end, every bit of the footer and of
/// a byte at every 64th flipped, bytes behind the end.
std::vector<std::string> damaged_forms(const std::string& whole) {
  std::vector<std::string> forms = {"", whole.substr(0, whole.size() - 1), whole + '\0', whole + whole};
  for (std::size_t part = 0; part < 64; ++part) {
    const std::size_t place = whole.size() * part / 64;
    forms.push_back(whole.substr(0, place));
    for (int bit = 0; bit < 8; ++bit) {
      forms.push_back(whole);
      forms.back()[place] = static_cast<char>(forms.back()[place] ^ (1 << bit));
    }
  }
  for (std::size_t place = whole.size() - 24; place < whole.size(); ++place) {
    forms.push_back(whole);
    forms.back()[place] = static_cast<char>(forms.back()[place] ^ 1);
  }
  return forms;
}

TEST(StateFolder, ADamagedLatestStateIsFoundAndThePreviousOneServes) {
  const TemporaryFolder folder;
  {
    StateFolder states(folder / "state");
    states.save(state_of(1));
    states.save(state_of(2));
  }
  const fs::path latest = folder / "state/latest.state";
  const std::string whole = read_text_file(latest);
  for (const std::string& form : damaged_forms(whole)) {
    folder.write("state/latest.state", form);
    const StateFolder::Loaded loaded = StateFolder(folder / "state").load();
    EXPECT_EQ(epoch_of(loaded.state), 1);
    EXPECT_EQ(loaded.file.filename(), "previous.state");
    EXPECT_THAT(loaded.warning, HasSubstr("latest.state"));
  }
  write_file(latest, whole);
  const StateFolder::Loaded loaded = StateFolder(folder / "state").load();
  EXPECT_EQ(epoch_of(loaded.state), 2);
  EXPECT_EQ(loaded.warning, "");
  fs::remove(latest);
  EXPECT_EQ(epoch_of(StateFolder(folder / "state").load().state), 1) << "killed between two renames, where there are no hard links";
}

TEST(StateFolder, ADamagedStateNeverReplacesAWholeOne) {
  const TemporaryFolder folder;
  StateFolder states(folder / "state");
  states.save(state_of(1));
  states.save(state_of(2));
  folder.write("state/latest.state", "torn");
  EXPECT_EQ(epoch_of(states.load().state), 1);
  states.save(state_of(3));
  folder.write("state/latest.state", "torn again");
  EXPECT_EQ(epoch_of(states.load().state), 1) << "the torn one was not kept in place of the whole one";
}

TEST(StateFolder, SaysWhatIsWrongWithBoth) {
  const TemporaryFolder folder;
  EXPECT_FALSE(StateFolder::holds_state(folder / "state"));
  StateFolder states(folder / "state");
  EXPECT_FALSE(StateFolder::holds_state(folder / "state"));
  EXPECT_THAT([&] { states.load(); },
              ThrowsMessage<FileError>(AllOf(HasSubstr("latest.state: cannot be opened"), HasSubstr("previous.state"))));
  states.save(state_of(1));
  EXPECT_TRUE(StateFolder::holds_state(folder / "state"));
}

TEST(StateFolder, BelongsToOneProcess) {
  const TemporaryFolder folder;
  StateFolder first(folder / "state");
  EXPECT_THAT([&] { StateFolder second(folder / "state"); }, ThrowsMessage<FileError>(HasSubstr("another process trains there")));
}

TEST(StateFolder, RemovesWhatAKilledProcessLeft) {
  const TemporaryFolder folder;
  folder.write("state/.next.4711-0.state", "half");
  folder.write("state/.hidden.state", "somebody's own");
  folder.write("state/notes-1.txt", "too");
  const StateFolder states(folder / "state");
  EXPECT_FALSE(fs::exists(folder / "state/.next.4711-0.state"));
  EXPECT_TRUE(fs::exists(folder / "state/.hidden.state"));
  EXPECT_TRUE(fs::exists(folder / "state/notes-1.txt"));
}

/// No file may grow beyond `bytes`, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST(StateFolder, AFullDiskLeavesTheOldState) {
  const TemporaryFolder folder;
  StateFolder states(folder / "state");
  states.save(state_of(1));
  states.save(state_of(2));
  const std::size_t files = files_in(folder / "state");
  const auto size = fs::file_size(folder / "state/latest.state");
  for (const std::uintmax_t limit : {std::uintmax_t{0}, size / 2, size - 1}) {
    const FileSizeLimit full(limit);
    EXPECT_THAT([&] { states.save(state_of(3)); }, ThrowsMessage<FileError>(HasSubstr("cannot be written: File too large")));
  }
  EXPECT_EQ(files_in(folder / "state"), files) << "nothing half written is left";
  const StateFolder::Loaded loaded = states.load();
  EXPECT_EQ(epoch_of(loaded.state), 2);
  EXPECT_EQ(loaded.warning, "");
}

TEST(Checksum, DoesNotDependOnTheCuts) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += static_cast<char>(i * 7);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{241}, std::size_t{4999}, text.size()}) {
    Checksum sum;
    sum.add(std::string_view(text).substr(0, cut));
    sum.add(std::string_view(text).substr(cut));
    EXPECT_EQ(sum.value(), checksum(text)) << cut;
  }
  EXPECT_EQ(checksum(""), 0x2D06800538D394C2U) << "as xxhsum -H3 prints it";
}

}  // namespace
}  // namespace fovea
