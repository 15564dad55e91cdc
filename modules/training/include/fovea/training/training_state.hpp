// What a training must remember to go on as if it had never stopped.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/base/random.hpp"
#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// Everything by name: "optimizer/conv1.weight/velocity", "trainer/epoch". Tensors may share the memory of the training that was saved.
struct TrainingState {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, Json> values;
};

/// One walk for both ways: a part of a training names what it remembers, once, and the archive either saves it or replaces it by what was
/// saved. So nothing can be saved and forgotten when loading.
///
///     void ReduceOnPlateau::visit_state(StateArchive archive) {
///       archive.value("rate", rate_);
///       archive.value("best", best_);
///     }
///
/// Loading throws FileError naming what is missing, of another kind, or of another shape.
class StateArchive {
 public:
  static StateArchive saving(TrainingState& state);
  /// `where` names the state in errors. The state outlives the archive.
  static StateArchive loading(const TrainingState& state, std::string where);
  static StateArchive loading(TrainingState&& state, std::string where) = delete;

  bool is_loading() const;
  /// For a part with names of its own.
  StateArchive part(const std::string& name) const;
  /// Whether the state that is loaded holds this value or tensor.
  bool holds(const std::string& name) const;

  void value(const std::string& name, bool& value);
  void value(const std::string& name, std::int64_t& value);
  void value(const std::string& name, double& value);  ///< to the bit, infinities and NaN included (all NaN are one)
  void value(const std::string& name, std::string& value);
  void value(const std::string& name, RandomStream& stream);
  void value(const std::string& name, Json& value);

  /// A tensor that is there: loading writes into its memory.
  void tensor(const std::string& name, const Tensor& tensor);
  /// A tensor that may be undefined. When it was, loading makes it so; otherwise it must be `spec`.
  void optional_tensor(const std::string& name, Tensor& tensor, const TensorSpec& spec);
  /// A tensor of any shape and type.
  void any_tensor(const std::string& name, Tensor& tensor);
  void numbers(const std::string& name, std::vector<double>& values);

  /// After everything has been loaded: throws FileError listing what nobody has asked for.
  void finish() const;

 private:
  struct Shared;
  StateArchive(std::shared_ptr<Shared> shared, std::string prefix) : shared_(std::move(shared)), prefix_(std::move(prefix)) {}
  Json* json(const std::string& name);
  const Tensor* find_tensor(const std::string& path) const;
  void put_tensor(const std::string& path, const Tensor& tensor);
  [[noreturn]] void fail(const std::string& path, const std::string& reason) const;
  template <class T>
  void plain_value(const std::string& name, T& value, bool (Json::*is_kind)() const noexcept, const char* kind);

  std::shared_ptr<Shared> shared_;
  std::string prefix_;
};

}  // namespace fovea
