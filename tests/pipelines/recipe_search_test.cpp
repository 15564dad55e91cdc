// Search spaces, and searches over trainings that take a blink.
#include "fovea/pipelines/recipe_search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/text.hpp"
#include "messages.hpp"
#include "shape_recipes.hpp"
#include "support/shape_pictures.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;

std::vector<SearchRange> space_from(const char* text) { return search_space_from(parse_json(text, "space"), "space"); }

TEST(SearchSpace, SaysWhatIsWrong) {
  const auto message = [](const char* text) { return message_of<OptionError>([&] { space_from(text); }); };
  EXPECT_THAT(message(R"({"learning_rat": {"uniform": [0, 1]}})"), HasSubstr("did you mean \"learning_rate\""));
  EXPECT_THAT(message(R"({"learning_rate": {"loguniform": [0, 1]}})"), HasSubstr("did you mean \"log_uniform\""));
  EXPECT_THAT(message(R"({"learning_rate": {"log_uniform": [0, 1]}})"), HasSubstr("positive"));
  EXPECT_THAT(message(R"({"learning_rate": {"uniform": [1, 1]}})"), HasSubstr("lowest < highest"));
  EXPECT_THAT(message(R"({"learning_rate": {"uniform": [1]}})"), HasSubstr("[lowest, highest]"));
  EXPECT_THAT(message(R"({"learning_rate": 0.1})"), HasSubstr("choice"));
  EXPECT_THAT(message(R"({"batch": {"choice": []}})"), HasSubstr("list of choices"));
  EXPECT_THAT(message("{}"), HasSubstr("nothing to search"));
}

class RecipeSearch : public testing::Test {
 protected:
  RecipeSearch() {
    test::write_shapes(data_ / "train", 8);
    test::write_shapes(data_ / "val", 4, 100);
  }
  ClassifierRecipe recipe() const {
    ClassifierRecipe recipe = test::tiny_shape_recipe(data_.path(), 0);
    recipe.metric = "val_loss";
    return recipe;
  }
  SearchResult search(const char* space, const SearchOptions& options, const std::string& name = "search") {
    lines_.clear();
    TrainEnvironment environment{.out = out_ / name, .workers = 0};
    environment.log = [&](const std::string& line) { lines_.push_back(line); };
    return search_recipes(recipe(), space_from(space), options, environment);
  }

  TemporaryFolder data_, out_;
  std::vector<std::string> lines_;
};

constexpr const char* kSpace =
    R"({"learning_rate": {"log_uniform": [1e-4, 1e-1]}, "batch": {"integer": [4, 6]}, "optimizer": {"choice": ["sgd", "adam"]}})";

TEST_F(RecipeSearch, FindsTheBestOfItsTrials) {
  const SearchResult result = search(kSpace, {.trials = 6});
  ASSERT_EQ(result.trials.size(), 6U);
  ASSERT_TRUE(result.best.has_value());
  EXPECT_EQ(result.metric, "val_loss");
  for (const SearchTrial& trial : result.trials) {
    ASSERT_EQ(trial.status, "done") << trial.reason;
    EXPECT_GE(*trial.value, *result.trials[*result.best].value) << "less is better";
    EXPECT_GE(trial.values["learning_rate"].get<double>(), 1e-4);
    EXPECT_LE(trial.values["learning_rate"].get<double>(), 1e-1);
    EXPECT_GE(trial.values["batch"].get<int>(), 4);
    EXPECT_LE(trial.values["batch"].get<int>(), 6);
    const Json run = read_json_file(out_ / ("search/trial-00" + std::to_string(trial.number) + "/recipe.json"));
    for (const auto& [key, value] : trial.values.items()) EXPECT_EQ(run[key], value) << "the trial is trained with its values";
  }
  const ClassifierRecipe best = ClassifierRecipe::from_json(read_json_file(out_ / "search/best_recipe.json"), "best");
  EXPECT_EQ(best.learning_rate, result.trials[*result.best].values["learning_rate"].get<double>());
  EXPECT_EQ(best.epochs, 2) << "what is not searched stays";
  const Json json = read_json_file(out_ / "search/search.json");
  EXPECT_EQ(json["best"]["trial"], result.trials[*result.best].number);
  EXPECT_EQ(json["trials"].size(), 6U);
  const std::vector<std::string> rows = split(read_text_file(out_ / "search/trials.csv"), '\n');
  EXPECT_EQ(rows[0], "trial,round,status,val_loss,learning_rate,batch,optimizer");
  EXPECT_THAT(rows[1], AllOf(testing::StartsWith("1,1,done,"), HasSubstr("\"\"\"")));
}

TEST_F(RecipeSearch, IsTheSameEveryTimeAndGoesOnWhereItWasStopped) {
  const SearchResult first = search(kSpace, {.trials = 4, .rounds = 2});
  const std::string csv = read_text_file(out_ / "search/trials.csv");
  const auto unchanged = fs::last_write_time(out_ / "search/trial-001/weights/best.fovea");
  fs::remove(out_ / "search/trial-003/trial.json");  // as if it had been stopped in the middle of the third
  fs::remove_all(out_ / "search/trial-004");
  search(kSpace, {.trials = 4, .rounds = 2});
  EXPECT_EQ(read_text_file(out_ / "search/trials.csv"), csv);
  EXPECT_EQ(fs::last_write_time(out_ / "search/trial-001/weights/best.fovea"), unchanged) << "what is finished is not trained again";
  EXPECT_THAT(message_of<OptionError>([&] { search(R"({"learning_rate": {"uniform": [0, 1]}})", {.trials = 4}); }),
              HasSubstr("of another search"));
}

TEST_F(RecipeSearch, LaterRoundsStayNearTheBest) {
  const SearchResult result = search(R"({"learning_rate": {"log_uniform": [1e-4, 1e-1]}})", {.trials = 9, .rounds = 3});
  const auto place = [](const SearchTrial& trial) { return std::log10(trial.values["learning_rate"].get<double>() / 1e-4) / 3; };
  for (const std::int64_t round : {2, 3}) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < result.trials.size(); ++i)
      if (result.trials[i].round < round && (!best || *result.trials[i].value < *result.trials[*best].value)) best = i;
    const double width = std::pow(1.0 / 3, round - 1);
    for (const SearchTrial& trial : result.trials) {
      if (trial.round != round) continue;
      EXPECT_LE(std::abs(place(trial) - place(result.trials[*best])), width + 1e-9) << trial.number;
    }
  }
}

TEST_F(RecipeSearch, AGridHasEveryCombinationAndItsEdgesAreFlagged) {
  const SearchResult result =
      search(R"({"learning_rate": {"log_uniform": [1e-9, 1e-1]}, "nesterov": {"choice": [true, false]}})", {.grid = 3});
  ASSERT_EQ(result.trials.size(), 6U);
  EXPECT_DOUBLE_EQ(result.trials[2].values["learning_rate"].get<double>(), 1e-5);
  EXPECT_EQ(result.trials[4].values["nesterov"], true);
  EXPECT_EQ(result.trials[*result.best].values["learning_rate"].get<double>(), 1e-1) << "the others are far too low";
  EXPECT_THAT(result.at_edge, testing::ElementsAre("learning_rate"));
}

TEST_F(RecipeSearch, GivesUpOnTrialsThatBreakAndGoesOn) {
  const SearchResult result = search(R"({"learning_rate": {"choice": [1e6, 0.01]}, "warmup_epochs": {"choice": [0]}})", {.grid = 1});
  ASSERT_EQ(result.trials.size(), 2U);
  EXPECT_EQ(result.trials[0].status == "aborted" || result.trials[0].status == "failed", true) << result.trials[0].status;
  EXPECT_THAT(result.trials[0].reason, HasSubstr("loss"));
  EXPECT_EQ(result.trials[1].status, "done");
  EXPECT_EQ(result.best, 1U);
  const SearchResult impossible = search(R"({"batch": {"choice": [0]}})", {.grid = 1}, "impossible");
  EXPECT_EQ(impossible.trials[0].status, "failed");
  EXPECT_THAT(impossible.trials[0].reason, HasSubstr("at least 1 image"));
  EXPECT_FALSE(impossible.best.has_value());
}

TEST_F(RecipeSearch, RefusesNonsense) {
  EXPECT_THROW(search(kSpace, {.trials = 0}), OptionError);
  EXPECT_THROW(search(kSpace, {.trials = 2, .rounds = 3}), OptionError);
  EXPECT_THROW(search(kSpace, {.trials = 2, .give_up = 1}), OptionError);
}

}  // namespace
}  // namespace fovea
