// Trainings of which a part stays as it is.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/interchange/model_file.hpp"
#include "fovea/pipelines/catalogue.hpp"
#include "messages.hpp"
#include "shape_training.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::column_of;
using test::message_of;
using testing::HasSubstr;

class FrozenTraining : public test::ShapeTraining {};

TEST_F(FrozenTraining, FrozenParametersKeepTheirFirstValues) {
  ClassifierRecipe frozen = recipe();
  frozen.freeze = {"conv1.*", "conv2.weight"};
  train(frozen, "frozen");
  train(recipe(), "free");
  const ModelFile kept = load_model_file(runs_ / "frozen/weights/last.fovea"), moved = load_model_file(runs_ / "free/weights/last.fovea");
  const auto first = build_network(parse_json(kept.metadata.architecture, "architecture"), "architecture");
  initialize(*first, frozen.seed);
  for (std::size_t i = 0; i < kept.tensors.size(); ++i) {
    const auto& [name, tensor] = kept.tensors[i];
    const StateDict state = first->state_dict();
    const auto entry = std::find_if(state.begin(), state.end(), [&, wanted = name](const StateEntry& e) { return e.name == wanted; });
    const bool same = to_file(entry->tensor, entry->layout).to_vector<float>() == tensor.to_vector<float>();
    EXPECT_EQ(same, name.starts_with("conv1.") || name == "conv2.weight") << name;
    EXPECT_NE(moved.tensors[i].tensor.to_vector<float>(), tensor.to_vector<float>()) << name << " of another training";
  }
}

TEST_F(FrozenTraining, CachedFeaturesGiveTheWeightsThatFreezingGives) {
  ClassifierRecipe frozen = recipe(), cached = recipe();
  frozen.freeze = {"conv?.*", "fc1.*"};
  cached.cache_features = true;
  for (ClassifierRecipe* const one : {&frozen, &cached}) one->ema_decay = 0.9;
  train(frozen, "frozen");
  train(cached, "cached");
  EXPECT_EQ(weights("cached"), weights("frozen"));
  for (const char* column : {"train_loss", "val_loss", "ema_val_loss"})
    EXPECT_EQ(column_of(runs_ / "cached/results.csv", column), column_of(runs_ / "frozen/results.csv", column)) << column;
}

TEST_F(FrozenTraining, CachedFeaturesWantPicturesThatDoNotChange) {
  ClassifierRecipe augmented = recipe(), fitted = recipe();
  for (ClassifierRecipe* const one : {&augmented, &fitted}) one->cache_features = true;
  augmented.augment = {"flip"};
  fitted.model = "knn";
  fitted.model_options = "{}";
  EXPECT_THAT(message_of<OptionError>([&] { train(augmented, "a"); }), HasSubstr("found the augmentation flip"));
  EXPECT_THAT(message_of<OptionError>([&] { train(fitted, "b"); }), HasSubstr("learns at once"));
}

TEST_F(FrozenTraining, FreezingSaysWhatItWants) {
  ClassifierRecipe nothing = recipe(), all = recipe();
  nothing.freeze = {"layer9.*"};
  all.freeze = {"*"};
  EXPECT_THAT(message_of<OptionError>([&] { train(nothing, "a"); }), HasSubstr("layer9.*"));
  EXPECT_THAT(message_of<OptionError>([&] { train(all, "b"); }), HasSubstr("nothing is left to train"));
  EXPECT_FALSE(fs::exists(runs_ / "b/recipe.json"));
}

}  // namespace
}  // namespace fovea
