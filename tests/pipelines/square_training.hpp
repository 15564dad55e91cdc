// What tests of detectors' trainings stand on: pictures with squares and a tiny detector.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "fovea/base/file.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/pipelines/train_detector.hpp"
#include "support/square_pictures.hpp"

namespace fovea::test {

class SquareTraining : public testing::Test {
 protected:
  SquareTraining() {
    write_squares(folder_, "train", 16, 1);
    write_squares(folder_, "val", 6, 2);
    recipe_.training.data = "coco:" + (folder_ / "train.json").string();
    recipe_.val_data = "coco:" + (folder_ / "val.json").string();
    recipe_.training.model_options = R"({"width": 0.5, "neck": 16, "head_channels": 16, "head_layers": 1})";
    recipe_.training.image_size = "96x64";
    recipe_.training.epochs = 2;
    recipe_.training.batch = 8;
    recipe_.training.optimizer = "adamw";
    recipe_.training.augment = {"flip", R"({"name": "color-jitter", "brightness": 0.1})"};
    recipe_.training.ema_decay = 0.5;
    recipe_.mosaic = 0.5;
  }
  TrainEnvironment environment(const std::string& out, int workers = 1) {
    TrainEnvironment environment{.out = folder_ / out, .workers = workers};
    environment.log = [this](const std::string& line) { log_ += line + "\n"; };
    return environment;
  }
  TrainResult train(const std::string& out, int workers = 1) { return train_detector(recipe_, environment(out, workers)); }
  /// The bytes of the last weights of a run; they also tell the epoch's numbers.
  std::string weights(const std::string& out) const { return read_text_file(folder_ / out / "weights/last.fovea"); }

  TemporaryFolder folder_;
  DetectorRecipe recipe_;
  std::string log_;
};

}  // namespace fovea::test
