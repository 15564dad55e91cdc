#include "run_state.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fovea/base/checksum.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

Json facts_of(const ClassificationDataset& dataset) {
  Checksum sum;
  for (std::int64_t i = 0; i < dataset.size(); ++i) sum.add(fmt::format("{}\n{}\n", dataset.id(i), dataset.label(i)));
  return {{"images", dataset.size()}, {"checksum", fmt::format("{:016x}", sum.value())}};
}

Json facts_of(const AnnotatedDataset& dataset) {
  Checksum sum;
  for (const DetectionImage& image : dataset.data().images) sum.add(fmt::format("{}\n", image.file_name));
  for (const DetectionAnnotation& object : dataset.data().annotations)
    sum.add(fmt::format("{} {} {} {} {} {} {} {}\n", object.image, object.category, object.box.x, object.box.y, object.box.width,
                        object.box.height, object.is_crowd, object.is_difficult));
  return {{"images", dataset.size()}, {"checksum", fmt::format("{:016x}", sum.value())}};
}

}  // namespace

void RunFacts::visit_state(StateArchive archive) {
  archive.value("recipe", recipe);
  archive.value("data", data);
  archive.value("preprocessing", preprocessing);
  archive.value("instructions", instructions);
}

Json data_facts(const ClassificationDataset& train, const ClassificationDataset& validation) {
  return {{"classes", train.labels()}, {"train", facts_of(train)}, {"val", facts_of(validation)}};
}

Json data_facts(const AnnotatedDataset& train, const AnnotatedDataset& validation) {
  return {{"classes", train.names()}, {"train", facts_of(train)}, {"val", facts_of(validation)}};
}

void require_same_recipe(const Json& begun, const Json& now) {
  for (const auto& [key, value] : now.items())
    if (!begun.contains(key) || begun[key] != value)
      throw OptionError(
          fmt::format("a run goes on as it began: {} was {}, found {}; for other settings begin another run, if you like "
                      "with the weights of this one (--weights)",
                      key, begun.value(key, Json()).dump(), value.dump()));
}

void require_same_data(const Json& begun, const Json& now) {
  for (const char* split : {"train", "val"})
    if (begun[split]["images"] != now[split]["images"])
      throw OptionError(fmt::format("the data has changed since the run began: {} had {} images, found {}", split,
                                    begun[split]["images"].dump(), now[split]["images"].dump()));
  if (begun != now) throw OptionError("the data has changed since the run began: other images, classes, or labels");
}

RunState::RunState(const fs::path& run_folder) : folder_(run_folder / "state") {}

bool RunState::is_worth_keeping(const fs::path& run_folder) {
  if (!StateFolder::holds_state(run_folder / "state")) return false;
  try {
    const TrainingState state = StateFolder(run_folder / "state").load().state;
    return state.values.at("trainer/epoch") != 0 || state.values.at("trainer/batch") != 0;
  } catch (const std::exception&) {
    return true;
  }
}

std::optional<RunFacts> RunState::load(const std::function<void(const std::string&)>& log) {
  if (!StateFolder::holds_state(folder_.path())) return std::nullopt;
  loaded_ = folder_.load();
  if (!loaded_->warning.empty()) log(fmt::format("{}; going on from {}", loaded_->warning, loaded_->file.string()));
  RunFacts facts;
  facts.visit_state(StateArchive::loading(loaded_->state, loaded_->file.string()).part(kRunPart));
  return facts;
}

void RunState::restore(Trainer& trainer) {
  if (!loaded_) return;
  const StateArchive archive = StateArchive::loading(loaded_->state, loaded_->file.string());
  RunFacts().visit_state(archive.part(kRunPart));  // known already
  trainer.visit_state(archive);
  archive.finish();
  loaded_.reset();  // it has the size of the model and its optimiser
}

namespace {

TrainingState with_facts(const TrainingState& state, RunFacts& facts) {
  TrainingState whole = state;  // shares the tensors
  facts.visit_state(StateArchive::saving(whole).part(kRunPart));
  return whole;
}

}  // namespace

void RunState::save(const TrainingState& state, RunFacts facts) { folder_.save(with_facts(state, facts)); }

fs::path RunState::save_replay(const TrainingState& replay, RunFacts facts) const {
  const fs::path file = folder_.path() / "replay.state";
  write_state_file(file, with_facts(replay, facts));
  return file;
}

}  // namespace fovea
