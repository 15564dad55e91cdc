// What watches a training: checkpoints, results.csv, the progress display.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "fovea/base/file.hpp"
#include "fovea/training/checkpoint.hpp"
#include "fovea/training/csv_log.hpp"
#include "fovea/training/progress.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

EpochReport make_report(std::int64_t epoch, bool best) {
  return {.epoch = epoch,
          .epochs = 12,
          .learning_rate = 0.1 / static_cast<double>(epoch + 3),
          .train_loss = 1.0 / 3 + static_cast<double>(epoch),
          .validation = {{"val_loss", 2.0 / 3}, {"accuracy", 0.875}},
          .seconds = 83.25,
          .images_per_second = 1234.56,
          .best = best};
}

StepReport make_step(std::int64_t epoch, std::int64_t step, double loss, double seconds) {
  return {.epoch = epoch, .epochs = 2, .step = step, .steps = 4, .loss = loss, .learning_rate = 0.1, .samples = 8, .seconds = seconds};
}

TEST(CheckpointHook, SavesTheLastAndTheBestEpoch) {
  const test::TemporaryFolder folder;
  CheckpointHook hook(folder.path(), [](const std::filesystem::path& path, const EpochReport& report) {
    write_file(path, "epoch " + std::to_string(report.epoch));
  });
  const auto saved = [&folder](const char* name) { return read_text_file(folder / name); };
  hook.on_epoch(make_report(0, true));
  EXPECT_EQ(saved("best.fovea"), "epoch 0");
  EXPECT_EQ(saved("last.fovea"), "epoch 0");
  hook.on_epoch(make_report(1, false));
  EXPECT_EQ(saved("best.fovea"), "epoch 0");
  EXPECT_EQ(saved("last.fovea"), "epoch 1");
  hook.on_epoch(make_report(2, true));
  EXPECT_EQ(saved("best.fovea"), "epoch 2");
  EXPECT_EQ(saved("last.fovea"), "epoch 2");
}

std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    rows.emplace_back();
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(cell);
  }
  return rows;
}

TEST(CsvLogHook, ReadsBackToTheSameNumbers) {
  const test::TemporaryFolder folder;
  CsvLogHook hook(folder / "run/results.csv");
  for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
    hook.on_epoch(make_report(epoch, true));
    const std::string text = read_text_file(folder / "run/results.csv");
    EXPECT_EQ(text.back(), '\n');
    const auto rows = parse_csv(text);
    ASSERT_EQ(rows.size(), static_cast<std::size_t>(epoch) + 2) << "the file is whole after every epoch";
    EXPECT_THAT(rows[0], ElementsAre("epoch", "seconds", "images_per_second", "learning_rate", "train_loss", "val_loss", "accuracy"));
    const auto& row = rows.back();
    ASSERT_EQ(row.size(), 7U);
    EXPECT_EQ(row[0], std::to_string(epoch + 1));
    EXPECT_EQ(row[1], "83.250");
    EXPECT_EQ(row[2], "1234.6");
    EXPECT_EQ(std::stod(row[3]), make_report(epoch, true).learning_rate);
    EXPECT_EQ(std::stod(row[4]), make_report(epoch, true).train_loss);
    EXPECT_EQ(std::stod(row[5]), 2.0 / 3);
    EXPECT_EQ(std::stod(row[6]), 0.875);
  }
}

TEST(CsvLogHook, ReplacesTheFileOfAnEarlierRun) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("results.csv", "old,header\n1,2\n");
  CsvLogHook(file).on_epoch(make_report(0, true));
  EXPECT_THAT(read_text_file(file), AllOf(testing::StartsWith("epoch,"), Not(HasSubstr("old"))));
}

/// A file that is no terminal, read back after each report.
class ProgressTest : public testing::Test {
 protected:
  std::string drain() {
    std::string text;
    std::rewind(stream_.get());
    for (int c = 0; (c = std::fgetc(stream_.get())) != EOF;) text += static_cast<char>(c);
    text.erase(0, seen_);
    seen_ += text.size();
    return text;
  }
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> stream_{std::tmpfile()};

 private:
  std::size_t seen_ = 0;
};

TEST_F(ProgressTest, WritesOnePlainLinePerEpochWhenNotOnATerminal) {
  ProgressHook hook(stream_.get());
  for (std::int64_t step = 0; step < 4; ++step) hook.on_step(make_step(0, step, 1, static_cast<double>(step)));
  EXPECT_EQ(drain(), "");
  hook.on_epoch(make_report(0, true));
  EXPECT_EQ(drain(), "epoch 1/12  train_loss 0.3333  val_loss 0.6667  accuracy 0.8750  1:23  1235 images/s  best\n");
  hook.on_epoch(make_report(1, false));
  EXPECT_EQ(drain(), "epoch 2/12  train_loss 1.3333  val_loss 0.6667  accuracy 0.8750  1:23  1235 images/s\n");
}

TEST_F(ProgressTest, DrawsABarWithTheStepTheSmoothedLossAndTheTimeLeft) {
  ProgressHook hook(stream_.get(), ProgressStyle::bar);
  hook.on_step(make_step(0, 0, 2, 10));  // one step of eight took 10 s
  EXPECT_EQ(drain(), "\r\x1b[Kepoch 1/2 [######..................] 1/4  loss 2.0000  1:10 left");
  hook.on_step(make_step(0, 1, 1, 20));
  EXPECT_EQ(drain(), "\r\x1b[Kepoch 1/2 [############............] 2/4  loss 1.9500  1:00 left");
}

TEST_F(ProgressTest, DrawsAtMostTenTimesASecondButAlwaysTheLastStep) {
  ProgressHook hook(stream_.get(), ProgressStyle::bar);
  hook.on_step(make_step(0, 0, 1, 1.00));
  EXPECT_NE(drain(), "");
  hook.on_step(make_step(0, 1, 1, 1.05));
  EXPECT_EQ(drain(), "");
  hook.on_step(make_step(0, 2, 1, 1.11));
  EXPECT_THAT(drain(), HasSubstr("3/4"));
  hook.on_step(make_step(0, 3, 1, 1.12));
  EXPECT_THAT(drain(), HasSubstr("[########################] 4/4"));
  hook.on_epoch(make_report(0, false));
  EXPECT_THAT(drain(), AllOf(testing::StartsWith("\r\x1b[Kepoch 1/12"), testing::EndsWith("\n")));
}

TEST_F(ProgressTest, StyleLinesNeverDraws) {
  ProgressHook hook(stream_.get(), ProgressStyle::lines);
  hook.on_step(make_step(0, 3, 1, 5));
  EXPECT_EQ(drain(), "");
}

TEST(FormatDuration, HasHoursOnlyWhenThereAreAny) {
  EXPECT_EQ(format_duration(0), "0:00");
  EXPECT_EQ(format_duration(-3), "0:00");
  EXPECT_EQ(format_duration(59.4), "0:59");
  EXPECT_EQ(format_duration(59.6), "1:00");
  EXPECT_EQ(format_duration(260), "4:20");
  EXPECT_EQ(format_duration(3599.7), "1:00:00");
  EXPECT_EQ(format_duration(3909), "1:05:09");
  EXPECT_EQ(format_duration(100 * 3600 + 61), "100:01:01");
}

}  // namespace
}  // namespace fovea
