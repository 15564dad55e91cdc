#include "fovea/training/averaged_validation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fovea/nn/linear.hpp"
#include "fovea/training/sgd.hpp"
#include "tasks.hpp"

namespace fovea {
namespace {

using test::BlobTask;

class EpochValues final : public TrainerHook {
 public:
  void on_epoch(const EpochReport& report) override { epochs.push_back(report.validation); }
  std::vector<Metrics> epochs;
};

/// A blob task that says what it reports.
class NamedBlobTask final : public BlobTask {
 public:
  using BlobTask::BlobTask;
  std::vector<std::string> metric_names() const override { return {"val_loss"}; }
};

TEST(AveragedValidation, MeasuresBothAndChangesNeither) {
  Linear plain(2, 2), averaged(2, 2);
  const auto seen = std::make_shared<EpochValues>(), usual = std::make_shared<EpochValues>();
  const Schedule schedule({.kind = ScheduleOptions::Kind::constant, .learning_rate = 0.1});
  for (const bool with : {false, true}) {
    Linear& model = with ? averaged : plain;
    initialize(model, 1);
    NamedBlobTask task(model);
    Sgd sgd(model.parameters());
    AveragedValidation both(task, sgd.parameters(), {.decay = 0.9});
    Trainer trainer(with ? static_cast<TrainingTask&>(both) : task, sgd, schedule,
                    {.epochs = 3, .selection_metric = with ? "ema_val_loss" : "val_loss", .larger_is_better = false});
    if (with) trainer.add_hook(both.hook());
    trainer.add_hook(with ? seen : usual);
    const TrainingSummary summary = trainer.run();
    if (!with) continue;
    EXPECT_EQ(both.average().updates(), 12);
    EXPECT_EQ(summary.best_value, std::min({seen->epochs[0][1].second, seen->epochs[1][1].second, seen->epochs[2][1].second}))
        << "the named metric decides";
    const AveragedWeightsGuard guard(both.average());
    EXPECT_EQ(task.validate()[0].second, seen->epochs[2][1].second) << "what was reported is what the averages give";
  }
  for (std::size_t epoch = 0; epoch < 3; ++epoch) {
    ASSERT_EQ(seen->epochs[epoch].size(), 2U);
    EXPECT_EQ(seen->epochs[epoch][0], usual->epochs[epoch][0]) << "the plain metric, and the weights behind it";
    EXPECT_EQ(seen->epochs[epoch][1].first, "ema_val_loss");
    EXPECT_NE(seen->epochs[epoch][1].second, seen->epochs[epoch][0].second);
  }
  EXPECT_EQ(averaged.weight.value().to_vector<float>(), plain.weight.value().to_vector<float>());
}

}  // namespace
}  // namespace fovea
