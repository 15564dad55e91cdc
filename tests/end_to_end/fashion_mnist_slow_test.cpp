// The recipes that come with fovea, on the Debian package dataset-fashion-mnist: minutes each.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "command.hpp"
#include "fovea/base/json.hpp"

namespace fovea {
namespace {

constexpr const char* kFolder = "/usr/share/datasets/fashion-mnist";

class FashionMnistSlow : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << kFolder << " is missing: install dataset-fashion-mnist";
  }
  /// Accuracy on the 10,000 test images after training on 55,000 and selecting on 5,000 others.
  double test_accuracy(const std::string& recipe) const {
    const std::string data = std::string("idx:") + kFolder;
    const std::string config = std::string(FOVEA_RECIPES) + "/" + recipe;
    const test::CommandResult training = test::fovea_command({"train", "--config", config, "--data", data, "--out", "run"}, folder_.path());
    EXPECT_EQ(training.code, 0) << training.err;
    const test::CommandResult evaluation =
        test::fovea_command({"evaluate", "--model", "run/weights/best.fovea", "--data", data, "--json", "metrics.json"}, folder_.path());
    EXPECT_EQ(evaluation.code, 0) << evaluation.err;
    if (HasFailure()) return 0;
    const Json metrics = read_json_file(folder_ / "metrics.json");
    EXPECT_EQ(metrics["split"], "test");
    EXPECT_EQ(metrics["count"], 10'000);
    const double accuracy = metrics["top1"].get<double>();
    RecordProperty("test_accuracy", std::to_string(accuracy));
    return accuracy;
  }

  test::TemporaryFolder folder_;
};

TEST_F(FashionMnistSlow, LeNet5) { EXPECT_GE(test_accuracy("fashion_mnist_lenet5.json"), 0.905); }

TEST_F(FashionMnistSlow, ResNetMini) { EXPECT_GE(test_accuracy("fashion_mnist_resnet_mini.json"), 0.93); }

}  // namespace
}  // namespace fovea
