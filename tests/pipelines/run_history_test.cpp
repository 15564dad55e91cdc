// Reading run folders, and the charts of several.
#include "fovea/pipelines/run_history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/pipelines/run_pictures.hpp"
#include "fovea/vision/image_loader.hpp"
#include "messages.hpp"
#include "run_folders.hpp"

namespace fovea {
namespace {

using test::log_line;
using test::message_of;
using test::TemporaryFolder;
using test::write_results;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(RunHistory, HoldsWhatWasLogged) {
  const TemporaryFolder folder;
  write_results(folder, "run", {{"train_loss", {2, 1}}, {"val_top1", {0.5, 0.75}}});
  folder.write("run/log.jsonl",
               log_line({{"event", "run"}, {"classes", 10}, {"updates_per_epoch", 7}, {"epochs", 2}, {"train_images", 440}}) +
                   log_line({{"event", "step"},
                             {"update", 5},
                             {"epoch", 1},
                             {"loss", 2.5},
                             {"learning_rate", 0.1},
                             {"weights", {{"fc.weight", {{"gradient_norm", 1}, {"weight_norm", 2}, {"update_ratio", nullptr}}}}}}) +
                   log_line({{"event", "epoch"}, {"epoch", 1}, {"dead_channels", {{"conv1", 1}}}}) +
                   log_line({{"event", "epoch"}, {"epoch", 2}, {"dead_channels", {{"conv1", 0.5}}}}) +
                   log_line({{"event", "something of a later version"}}) + R"({"event":"step","upd)");
  const RunHistory history = load_run_history(folder / "run/");
  EXPECT_EQ(history.name, "run");
  EXPECT_EQ(history.classes, 10);
  EXPECT_EQ(history.updates_per_epoch, 7);
  EXPECT_THAT(history.results.column("val_top1"), ElementsAre(0.5, 0.75));
  ASSERT_EQ(history.steps.size(), 1U) << "the line that is cut short is not there yet";
  EXPECT_EQ(history.steps[0].update, 5);
  EXPECT_EQ(history.steps[0].loss, 2.5);
  EXPECT_TRUE(std::isnan(history.steps[0].gradient_norm));
  EXPECT_EQ(history.steps[0].weights[0].name, "fc.weight");
  EXPECT_TRUE(std::isnan(history.steps[0].weights[0].update_ratio)) << "what was not finite";
  EXPECT_THAT(history.dead_channels, ElementsAre(testing::Pair("conv1", 0.5))) << "of the last epoch";
}

TEST(RunHistory, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "empty");
  EXPECT_THAT(message_of<FileError>([&] { load_run_history(folder / "empty"); }), HasSubstr("neither results.csv nor log.jsonl"));
  folder.write("short/results.csv", "epoch,train_loss\n1\n");
  EXPECT_THAT(message_of<FileError>([&] { load_run_history(folder / "short"); }), HasSubstr("row 1 has 1 cells, expected 2"));
  folder.write("damaged/log.jsonl", "{}\n{\"event\":\n");
  EXPECT_THAT(message_of<FileError>([&] { load_run_history(folder / "damaged"); }), HasSubstr("line 2"));
  EXPECT_THAT(message_of<OptionError>([&] {
                load_results(write_results(folder, "run", {{"val_top1", {1}}}) / "results.csv").column("val_top");
              }),
              HasSubstr("did you mean \"val_top1\""));
}

const Series& series_named(const std::vector<Chart>& charts, const std::string& name) {
  for (const Chart& chart : charts)
    for (const Series& series : chart.series)
      if (series.name == name) return series;
  throw std::runtime_error("no series " + name);
}

TEST(LearningCurves, AreMeanAndDeviationOfSeveralRuns) {
  const TemporaryFolder folder;
  std::vector<ResultsTable> runs;
  const std::vector<std::vector<double>> losses = {{3, 1}, {5, 2}, {4, 6, 9}};
  for (std::size_t i = 0; i < losses.size(); ++i)
    runs.push_back(load_results(write_results(folder, "run" + std::to_string(i),
                                              {{"learning_rate", losses[i]}, {"train_loss", losses[i]}, {"val_top1", losses[i]}}) /
                                "results.csv"));
  const std::vector<Chart> charts = learning_curves(runs);
  ASSERT_EQ(charts.size(), 3U) << "losses, shares, rate";
  EXPECT_THAT(charts[0].options.title, HasSubstr("3 runs"));
  const Series& loss = series_named(charts, "train_loss");
  EXPECT_THAT(loss.points, ElementsAre(cv::Point2d(1, 4), cv::Point2d(2, 3))) << "two epochs are in all of them";
  EXPECT_THAT(loss.deviation, ElementsAre(1, std::sqrt((4 + 1 + 9) / 2.0)));
  const std::vector<Chart> one = learning_curves(std::span(runs).first(1));
  EXPECT_TRUE(series_named(one, "train_loss").deviation.empty());
  EXPECT_THROW(learning_curves({}), OptionError);
  runs.push_back({.columns = {"epoch"}, .rows = {{1}}});
  EXPECT_THAT(message_of<OptionError>([&] { learning_curves(runs); }), HasSubstr("other columns"));
}

TEST(LearningCurves, AreFilesOfEitherKind) {
  const TemporaryFolder folder;
  const std::vector<ResultsTable> runs = {load_results(write_results(folder, "run", {{"train_loss", {2, 1}}}) / "results.csv")};
  save_charts(folder / "a/curves.png", learning_curves(runs));
  save_charts(folder / "curves.svg", learning_curves(runs));
  EXPECT_EQ(load_image(folder / "a/curves.png").cols, 900);
  EXPECT_THAT(read_text_file(folder / "curves.svg"), testing::AllOf(testing::StartsWith("<svg "), HasSubstr("<polyline")));
}

}  // namespace
}  // namespace fovea
