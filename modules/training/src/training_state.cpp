#include "fovea/training/training_state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

std::string describe(const TensorSpec& spec) { return fmt::format("{} {}", name_of(spec.dtype), spec.shape.to_string()); }

/// JSON has no words for these.
Json number_to_json(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

bool is_number(const Json& json) { return json.is_number() || json == "nan" || json == "inf" || json == "-inf"; }

double number_from_json(const Json& json) {
  if (json.is_number()) return json.get<double>();
  if (json == "nan") return std::numeric_limits<double>::quiet_NaN();
  return json == "inf" ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
}

}  // namespace

struct StateArchive::Shared {
  TrainingState* saved = nullptr;         // exactly one of the two
  const TrainingState* loaded = nullptr;  //
  std::string where;
  std::set<std::string> unused;  // of what is loaded
};

StateArchive StateArchive::saving(TrainingState& state) {
  auto shared = std::make_shared<Shared>();
  shared->saved = &state;
  return {std::move(shared), ""};
}

StateArchive StateArchive::loading(const TrainingState& state, std::string where) {
  auto shared = std::make_shared<Shared>();
  shared->loaded = &state;
  shared->where = std::move(where);
  for (const auto& [path, value] : state.values) shared->unused.insert(path);
  for (const auto& [path, tensor] : state.tensors) shared->unused.insert(path);
  return {std::move(shared), ""};
}

bool StateArchive::is_loading() const { return shared_->loaded != nullptr; }

StateArchive StateArchive::part(const std::string& name) const { return {shared_, prefix_ + name + "/"}; }

bool StateArchive::holds(const std::string& name) const {
  const std::string path = prefix_ + name;
  return is_loading() && (shared_->loaded->values.contains(path) || shared_->loaded->tensors.contains(path));
}

void StateArchive::fail(const std::string& path, const std::string& reason) const {
  throw FileError(shared_->where, fmt::format("does not fit this training: \"{}\" {}", path, reason));
}

/// Where to write a value; or, loading, null, and the value is in shared_->loaded.
Json* StateArchive::json(const std::string& name) {
  const std::string path = prefix_ + name;
  if (is_loading()) {
    if (!shared_->loaded->values.contains(path)) fail(path, "is missing");
    shared_->unused.erase(path);
    return nullptr;
  }
  const auto [entry, added] = shared_->saved->values.try_emplace(path);
  if (!added) throw Error(fmt::format("two parts of a training remember something called \"{}\"", path));
  return &entry->second;
}

template <class T>
void StateArchive::plain_value(const std::string& name, T& value, bool (Json::*is_kind)() const noexcept, const char* kind) {
  if (Json* const written = json(name)) {
    *written = value;
    return;
  }
  const Json& found = shared_->loaded->values.at(prefix_ + name);
  if (!(found.*is_kind)()) fail(prefix_ + name, fmt::format("is {}, expected {}", found.dump(), kind));
  value = found.get<T>();
}

void StateArchive::value(const std::string& name, bool& value) { plain_value(name, value, &Json::is_boolean, "true or false"); }

void StateArchive::value(const std::string& name, std::int64_t& value) {
  plain_value(name, value, &Json::is_number_integer, "a whole number");
}

void StateArchive::value(const std::string& name, std::string& value) { plain_value(name, value, &Json::is_string, "a text"); }

void StateArchive::value(const std::string& name, double& value) {
  Json number = number_to_json(value);
  this->value(name, number);
  if (!is_loading()) return;
  if (!is_number(number)) fail(prefix_ + name, fmt::format("is {}, expected a number", number.dump()));
  value = number_from_json(number);
}

void StateArchive::value(const std::string& name, RandomStream& stream) {
  Json words = stream.words();
  this->value(name, words);
  if (!is_loading()) return;
  const auto is_word = [](const Json& word) { return word.is_number_unsigned(); };
  if (!words.is_array() || words.size() != RandomStream::kWords || !std::all_of(words.begin(), words.end(), is_word))
    fail(prefix_ + name, fmt::format("is {}, expected the {} words of a random stream", words.dump(), RandomStream::kWords));
  stream = RandomStream::from_words(words.get<RandomStream::Words>());
}

void StateArchive::value(const std::string& name, Json& value) {
  if (Json* const written = json(name))
    *written = value;
  else
    value = shared_->loaded->values.at(prefix_ + name);
}

const Tensor* StateArchive::find_tensor(const std::string& path) const {
  const auto found = shared_->loaded->tensors.find(path);
  if (found == shared_->loaded->tensors.end()) return nullptr;
  shared_->unused.erase(path);
  return &found->second;
}

void StateArchive::put_tensor(const std::string& path, const Tensor& tensor) {
  if (!shared_->saved->tensors.try_emplace(path, tensor).second)
    throw Error(fmt::format("two parts of a training remember a tensor called \"{}\"", path));
}

void StateArchive::tensor(const std::string& name, const Tensor& tensor) {
  const std::string path = prefix_ + name;
  if (!is_loading()) return put_tensor(path, tensor);
  const Tensor* const found = find_tensor(path);
  if (found == nullptr) fail(path, "is missing");
  if (found->spec() != tensor.spec()) fail(path, fmt::format("is {}, expected {}", describe(found->spec()), describe(tensor.spec())));
  Tensor(tensor).copy_(*found);
}

void StateArchive::optional_tensor(const std::string& name, Tensor& tensor, const TensorSpec& spec) {
  const std::string path = prefix_ + name;
  if (!is_loading()) {
    if (tensor.defined()) put_tensor(path, tensor);
    return;
  }
  const Tensor* const found = find_tensor(path);
  if (found != nullptr && found->spec() != spec) fail(path, fmt::format("is {}, expected {}", describe(found->spec()), describe(spec)));
  tensor = found != nullptr ? found->clone() : Tensor();
}

void StateArchive::any_tensor(const std::string& name, Tensor& tensor) {
  const std::string path = prefix_ + name;
  if (!is_loading()) return put_tensor(path, tensor);
  const Tensor* const found = find_tensor(path);
  if (found == nullptr) fail(path, "is missing");
  tensor = found->clone();
}

void StateArchive::numbers(const std::string& name, std::vector<double>& values) {
  Tensor tensor;
  if (!is_loading()) tensor = Tensor::from(values, {static_cast<std::int64_t>(values.size())});
  any_tensor(name, tensor);
  if (!is_loading()) return;
  if (tensor.rank() != 1 || tensor.dtype() != DType::f64)
    fail(prefix_ + name, fmt::format("is {}, expected a row of f64", describe(tensor.spec())));
  values = tensor.to_vector<double>();
}

void StateArchive::finish() const {
  if (!shared_->unused.empty())
    throw FileError(shared_->where, fmt::format("does not fit this training, which has no place for {}", fmt::join(shared_->unused, ", ")));
}

}  // namespace fovea
