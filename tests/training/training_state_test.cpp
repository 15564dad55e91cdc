// The archive that trainings are saved to and loaded from.
#include "fovea/training/training_state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// One of everything.
struct Part {
  bool flag = true;
  std::int64_t count = -7;
  double number = 0.1;
  std::string text = "a";
  RandomStream stream{3};
  std::vector<double> numbers = {1, 1.0 / 3};
  Tensor weight = Tensor::from({1.5F, -2.5F}, {2});
  Tensor velocity;
  void visit_state(StateArchive archive) {
    archive.value("flag", flag);
    archive.value("count", count);
    archive.value("number", number);
    archive.value("text", text);
    archive.value("stream", stream);
    archive.numbers("numbers", numbers);
    archive.tensor("weight", weight);
    archive.optional_tensor("velocity", velocity, weight.spec());
  }
};

TrainingState saved(Part& part) {
  TrainingState state;
  part.visit_state(StateArchive::saving(state).part("part"));
  return state;
}

void load(const TrainingState& state, Part& part) {
  const StateArchive archive = StateArchive::loading(state, "run/state");
  part.visit_state(archive.part("part"));
  archive.finish();
}

TEST(StateArchive, GivesBackWhatItWasGiven) {
  Part first;
  first.flag = false;
  first.count = INT64_MIN;
  first.text = "epoch,loss\n1,0.5\n";
  first.numbers = {};
  first.velocity = Tensor::from({3.0F, 4.0F}, {2});
  for (int i = 0; i < 3; ++i) first.stream.normal();  // in the middle of a block, with half a pair left
  Part second;
  Tensor(second.weight).fill_(0);
  const Tensor same_memory = second.weight;
  load(saved(first), second);
  EXPECT_EQ(second.flag, false);
  EXPECT_EQ(second.count, INT64_MIN);
  EXPECT_EQ(second.text, first.text);
  EXPECT_EQ(second.numbers, first.numbers);
  EXPECT_EQ(same_memory.to_vector<float>(), first.weight.to_vector<float>()) << "a network's tensors stay where they are";
  EXPECT_EQ(second.velocity.to_vector<float>(), first.velocity.to_vector<float>());
  EXPECT_FALSE(second.velocity.shares_storage_with(first.velocity));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(second.stream.normal(), first.stream.normal());

  first.velocity = {};
  load(saved(first), second);
  EXPECT_FALSE(second.velocity.defined());
}

TEST(StateArchive, KeepsEveryBitOfANumber) {
  for (const double number : {0.0, -0.0, 0.1, 1e-310, 1.7976931348623157e308, std::nextafter(1.0, 2.0),
                              std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    Part first, second;
    first.number = number;
    load(saved(first), second);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(second.number), std::bit_cast<std::uint64_t>(number)) << number;
  }
  Part first, second;
  first.number = std::nan("");
  load(saved(first), second);
  EXPECT_TRUE(std::isnan(second.number));
}

TEST(StateArchive, NamesWhatDoesNotFit) {
  Part part;
  const TrainingState whole = saved(part);
  const auto expect = [&](const TrainingState& state, const char* path, const char* reason) {
    Part other;
    EXPECT_THAT([&] { load(state, other); },
                ThrowsMessage<FileError>(AllOf(HasSubstr("run/state"), HasSubstr(std::string("part/") + path), HasSubstr(reason))));
  };
  for (const auto& [path, value] : whole.values) {
    const std::string name = path.substr(path.find('/') + 1);
    TrainingState state = whole;
    state.values.erase(path);
    expect(state, name.c_str(), "is missing");
    state.values[path] = Json::object();
    expect(state, name.c_str(), "is {}, expected");
  }
  TrainingState state = whole;
  state.tensors.erase("part/weight");
  expect(state, "weight", "is missing");
  state.tensors["part/weight"] = Tensor::zeros({3});
  expect(state, "weight", "is f32 [3], expected f32 [2]");
  state = whole;
  state.tensors["part/velocity"] = Tensor::zeros({2}, DType::f64);
  expect(state, "velocity", "is f64 [2], expected f32 [2]");
  state = whole;
  state.values["part/surplus"] = 1;
  expect(state, "surplus", "has no place for");
  state = whole;
  state.values["part/stream"] = Json({1, 2});
  expect(state, "stream", "expected the 8 words");
}

TEST(StateArchive, RefusesOneNameForTwoThings) {
  TrainingState state;
  StateArchive archive = StateArchive::saving(state);
  std::int64_t count = 0;
  archive.value("a", count);
  EXPECT_THAT([&] { archive.value("a", count); }, ThrowsMessage<Error>(HasSubstr("\"a\"")));
}

}  // namespace
}  // namespace fovea
