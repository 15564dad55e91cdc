#include "fovea/detection/detector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/detection/anchor_head.hpp"
#include "fovea/detection/center_head.hpp"
#include "fovea/detection/grid_head.hpp"
#include "fovea/detection/region_head.hpp"
#include "fovea/detection/retina_head.hpp"
#include "fovea/detection/ssd_head.hpp"
#include "fovea/detection/suppression.hpp"
#include "fovea/models/sequential_backbone.hpp"

namespace fovea {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;

/// Maps of strides 4 and 8.
class SmallBackbone final : public SequentialBackbone {
 public:
  SmallBackbone() : SequentialBackbone("small", 0) {
    std::int64_t channels = 3, stride = 1;
    for (const std::int64_t width : {8, 12, 16}) {
      stride *= 2;
      add<ConvNorm>(channels, width, ConvNormOptions{.stride = 2});
      channels = width;
      end_stage(stride, channels);
    }
  }
  Variable classify(const Variable& features) override { return features; }
};

struct Kind {
  const char* name;
  std::function<std::unique_ptr<DetectionHead>(const std::vector<FeatureMapShape>&)> make;
  bool needs_neck = false;  // as its maps share the head
};
const Kind kKinds[] = {
    {"grid", [](const auto& maps) { return std::make_unique<GridHead>(maps, GridHeadOptions{.classes = 2, .boxes = 2, .channels = 16}); }},
    {"anchor",
     [](const auto& maps) {
       return std::make_unique<AnchorHead>(maps, AnchorHeadOptions{.classes = 2, .anchors = {{{8, 8}}, {{16, 16}}}, .channels = 16});
     }},
    {"center",
     [](const auto& maps) {
       return std::make_unique<CenterHead>(maps, CenterHeadOptions{.classes = 2, .channels = 16, .layers = 1, .largest_sides = 2.5});
     }},
    {"region",
     [](const auto& maps) {
       return std::make_unique<RegionHead>(maps,
                                           RegionHeadOptions{.classes = 2, .anchors = {{8, 8}, {16, 16}}, .channels = 16, .layers = 1});
     }},
    {"retina",
     [](const auto& maps) {
       return std::make_unique<RetinaHead>(maps,
                                           RetinaHeadOptions{.classes = 2, .anchors = {{{8, 8}}, {{16, 16}}}, .channels = 16, .layers = 1});
     },
     true},
    {"ssd",
     [](const auto& maps) {
       return std::make_unique<SsdHead>(maps, SsdHeadOptions{.classes = 2, .anchors = {{{8, 8}}, {{16, 16}}}});
     }},
};

std::unique_ptr<OneStageDetector> detector_with(const Kind& kind, bool with_neck) {
  auto backbone = std::make_unique<SmallBackbone>();
  std::unique_ptr<Neck> neck;
  if (with_neck) neck = std::make_unique<FeaturePyramid>(backbone->output_shape(), FeaturePyramidOptions{.channels = 12});
  auto head = kind.make(with_neck ? neck->output_shape() : backbone->output_shape());
  auto detector = std::make_unique<OneStageDetector>(std::move(backbone), std::move(neck), std::move(head));
  initialize(*detector, 1);
  return detector;
}

/// Two images of 32 x 32 with bright and dark squares on grey, which are classes 0 and 1.
struct Squares {
  Tensor images = Tensor::zeros({2, 32, 32, 3});
  std::vector<DetectionTargets> targets;

  Squares() {
    RandomStream stream(5);
    float* const pixels = images.mutable_data<float>();
    for (std::int64_t i = 0; i < images.numel(); ++i) pixels[i] = static_cast<float>(stream.uniform(-0.1, 0.1));
    targets = {{{{3, 4, 11, 12}, {14, 15, 30, 31}}, {0, 1}}, {{{18, 2, 26, 10}, {2, 14, 18, 30}}, {1, 0}}};
    for (std::size_t image = 0; image < 2; ++image)
      for (std::size_t object = 0; object < 2; ++object) {
        const Box& box = targets[image].boxes[object];
        for (auto y = static_cast<std::int64_t>(box.y1); y < static_cast<std::int64_t>(box.y2); ++y)
          for (auto x = static_cast<std::int64_t>(box.x1); x < static_cast<std::int64_t>(box.x2); ++x)
            for (std::int64_t c = 0; c < 3; ++c)
              pixels[((static_cast<std::int64_t>(image) * 32 + y) * 32 + x) * 3 + c] = targets[image].labels[object] == 0 ? 1.0f : -1.0f;
      }
  }
};

/// Plain gradient descent with momentum, as the optimisers are above this module.
class Descent {
 public:
  explicit Descent(Module& module) : parameters_(module.parameters()) {
    for (const NamedParameter& p : parameters_) velocity_.emplace_back(static_cast<std::size_t>(p.variable.value().numel()), 0.0f);
  }
  void step(float rate) {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      if (!parameters_[i].variable.grad().defined()) continue;
      Tensor weight = parameters_[i].variable.value();
      const float* const gradient = parameters_[i].variable.grad().data<float>();
      std::vector<float> changed = weight.to_vector<float>();
      for (std::size_t k = 0; k < changed.size(); ++k) {
        velocity_[i][k] = 0.9f * velocity_[i][k] + gradient[k];
        changed[k] -= rate * velocity_[i][k];
      }
      weight.copy_(Tensor::from(changed, weight.shape()));
      parameters_[i].variable.clear_grad();
    }
  }

 private:
  std::vector<NamedParameter> parameters_;
  std::vector<std::vector<float>> velocity_;
};

TEST(OneStageDetector, EveryHeadLearnsTwoImagesByHeart) {
  const Squares data;
  for (const Kind& kind : kKinds) {
    const auto detector = detector_with(kind, true);
    Descent descent(*detector);
    for (int step = 0; step < 400; ++step) {
      backward(total_loss(detector->loss(Variable(data.images), data.targets)));
      descent.step(0.01f * (1 - static_cast<float>(step) / 400));
    }
    const std::vector<Detections> found = detector->predict(data.images, 0.4);
    for (std::size_t image = 0; image < 2; ++image) {
      const Detections kept = suppress(found[image], {.threshold = 0.5});
      ASSERT_EQ(kept.size(), 2u) << kind.name << ", image " << image;
      for (std::size_t object = 0; object < 2; ++object) {
        double best = 0;
        for (const Detection& d : kept)
          if (d.index == data.targets[image].labels[object]) best = std::max(best, iou(d.box, data.targets[image].boxes[object]));
        EXPECT_GT(best, 0.7) << kind.name;
      }
    }
  }
}

TEST(OneStageDetector, NamesItsParts) {
  for (const Kind& kind : kKinds)
    for (const bool with_neck : {false, true}) {
      if (kind.needs_neck && !with_neck) continue;
      const auto detector = detector_with(kind, with_neck);
      std::vector<std::string> names;
      for (const auto& entry : detector->state_dict()) names.push_back(entry.name);
      EXPECT_THAT(names, Each(testing::AnyOf(StartsWith("backbone."), StartsWith("neck."), StartsWith("head."))));
      const std::vector<Variable> predictions = detector->forward(Variable(Tensor::zeros({1, 32, 32, 3})));
      EXPECT_EQ(predictions.back().shape().at(1), 4) << "stride 8";
    }
}

TEST(OneStageDetector, LossesAreInSinglePrecisionWhenActivationsAreNot) {
  const Squares data;
  for (const Kind& kind : kKinds) {
    const auto detector = detector_with(kind, true);
    const LossMap full = detector->loss(Variable(data.images), data.targets),
                  half = detector->loss(Variable(data.images.to(DType::bf16)), data.targets);
    ASSERT_EQ(full.size(), half.size());
    for (std::size_t i = 0; i < full.size(); ++i) {
      EXPECT_EQ(half[i].second.dtype(), DType::f32);
      EXPECT_NEAR(half[i].second.item(), full[i].second.item(), 0.1 * std::abs(full[i].second.item()) + 0.02)
          << kind.name << ' ' << full[i].first;
    }
  }
}

TEST(OneStageDetector, SaysWhatIsWrong) {
  const auto detector = detector_with(kKinds[0], false);
  EXPECT_THAT(
      [&] {
        detector->loss(Variable(Tensor::zeros({2, 32, 32, 3})), std::vector<DetectionTargets>(1));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[detector] 2 images need as many lists of targets, found 1")));
  EXPECT_THAT([] { total_loss({}); }, ThrowsMessage<ShapeError>(HasSubstr("there are no terms")));
}

}  // namespace
}  // namespace fovea
